"""The commands that the documents show exist, with the options that they show."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.exceptions import ClickException, Exit

from entrypoints.cli.app import cli
from tests.architecture.checkout import ROOT
from tests.architecture.documents import commands, documents

PROGRAMS = {"mcp-server-gpt-image", "gpt-image"}


def targets() -> set[str]:
    """The public targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE))


def error_in(arguments: list[str]) -> str | None:
    """The command line's error for these arguments; they are parsed, but nothing is run."""
    try:
        context = cli.make_context("mcp-server-gpt-image", list(arguments))
        if arguments:
            name, command, rest = cli.resolve_command(context, arguments)
            assert command is not None
            command.make_context(name, rest, parent=context)
    except Exit:  # --help and --version end here
        return None
    except ClickException as error:
        return error.format_message()
    return None


def errors(document: Path) -> Iterator[str]:
    """One line for each command in the document that cannot be run."""
    for program, *arguments in commands(document):
        shown = " ".join([program, *arguments])
        if program == "make":
            named = {word for word in arguments if "=" not in word and word[0] != "-"}
            for target in sorted(named - targets()):
                yield f"{document.name}: {shown}: there is no target {target}"
        elif program in PROGRAMS and (fault := error_in(arguments)):
            yield f"{document.name}: {shown}: {fault}"


def document_with(block: str, folder: Path) -> Path:
    document = folder / "planted.md"
    document.write_text(f"# Planted\n\n{block}\n", encoding="utf-8")
    return document


def test_there_is_a_readme() -> None:
    assert documents()[0] == ROOT / "README.md"
    assert documents()[0].is_file()


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_a_document_can_be_run(document: Path) -> None:
    assert list(errors(document)) == []


def test_the_makefile_has_the_documented_targets() -> None:
    assert {"help", "demo", "test", "check", "bench", "look", "constraints"} <= targets()


def test_no_recipe_of_the_makefile_sees_a_key() -> None:
    environment = {"PATH": os.environ["PATH"], "OPENAI_API_KEY": "sk-x", "OPENAI_NEW": "x"}
    command = ["make", "--eval", "peek: ; @env", "peek"]
    seen = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    assert "PATH=" in seen.stdout
    assert "OPENAI_" not in seen.stdout


@pytest.mark.parametrize(
    "block",
    [
        "```sh\nmake nonsense\n```",
        "```sh\nmake test && make nonsense ARGS=-x\n```",
        "```console\n$ mcp-server-gpt-image nonsense\n```",
        "```sh\nmcp-server-gpt-image generate --nonsense x\n```",
        "```sh\nuvx mcp-server-gpt-image generate x --size\n```",
        "```bash\nPROVIDER=sketch .venv/bin/gpt-image edit x -i\n```",
        "```sh\nhost mcp add gpt-image --env A=b -- uvx mcp-server-gpt-image nonsense\n```",
        "- a list\n\n  ```sh\n  gpt-image generate x \\\n      --nonsense\n  ```",
        "```sh\ngpt-image models | gpt-image nonsense\n```",
    ],
)
def test_a_command_that_cannot_be_run_is_found(block: str, tmp_path: Path) -> None:
    assert len(list(errors(document_with(block, tmp_path)))) == 1


@pytest.mark.parametrize(
    "block",
    [
        '```sh\nmake test ARGS="-k nonsense"\nmake -j demo\n```',
        "```console\n$ mcp-server-gpt-image models\nnonsense is its output\n```",
        '```sh\ngpt-image generate "a red bridge" --size 64x64 > it.json  # nonsense\n```',
        "```sh\nhost mcp add gpt-image --env A=b -- uvx mcp-server-gpt-image\n```",
        "```sh\nuvx mcp-server-gpt-image --help; gpt-image edit --help; gpt-image --version\n```",
        "```text\nmake nonsense\n```",
        "```sh\npip install mcp-server-gpt-image nonsense\n```",
    ],
)
def test_a_command_that_can_be_run_is_accepted(block: str, tmp_path: Path) -> None:
    assert list(errors(document_with(block, tmp_path))) == []
