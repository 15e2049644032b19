"""What people expect of a command line: files, pipes, names, and consoles of any encoding."""

import io
import json
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from textual_image.renderable import SixelImage

from entrypoints.cli import terminal_images
from entrypoints.cli.app import cli
from entrypoints.cli.encodings import replace_missing_letters
from entrypoints.cli.help_texts import WELCOME
from entrypoints.cli.output_target import OutputTarget
from entrypoints.cli.tables import listing_table
from entrypoints.wire.outputs import ListedImage, ListImagesResult
from tests.architecture.checkout import ROOT
from tests.terminal_recording import COMMANDS, THEMES
from tests.testkit.fakes import small_image

Run = Callable[..., Result]
SIZE = ("--size", "64x64")
PNG, JPEG, WEBP = b"\x89PNG", b"\xff\xd8\xff", b"RIFF"
WORDS = "a fox 🦊 雪"


class Tolerant(click.Command):
    """The command line as `main` starts it."""

    def main(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as Click has it
        replace_missing_letters()
        return cli.main(*arguments, **options)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command in this process, in an empty folder, with offline sketches."""
    monkeypatch.chdir(tmp_path)
    for name in ("IMAGES", "DATA", "CACHE"):
        variable = "OUTPUT_DIR" if name == "IMAGES" else f"{name}_DIR"
        monkeypatch.setenv(variable, str(tmp_path / "store 雪" / name.lower()))
    monkeypatch.setenv("PROVIDER", "sketch")

    tolerant = Tolerant(name="gpt-image")

    def invoke(*arguments: str, stdin: bytes = b"", charset: str = "utf-8") -> Result:
        runner = CliRunner(charset=charset)
        return runner.invoke(tolerant, [*arguments], input=stdin, prog_name="gpt-image")

    return invoke


@pytest.mark.parametrize(
    ("output", "options", "files"),
    [
        ("fox.png", (), {"fox.png": PNG}),
        ("fox.jpg", (), {"fox.jpg": JPEG}),
        ("FOX.WEBP", (), {"FOX.WEBP": WEBP}),
        ("fox.jpeg", ("--format", "jpeg"), {"fox.jpeg": JPEG}),
        ("fox.jpg", ("-n", "2"), {"fox-1.jpg": JPEG, "fox-2.jpg": JPEG}),
        ("雪 fox.png", ("--partials", "2"), {"雪 fox.png": PNG, "雪 fox-preview-2.png": PNG}),
    ],
)
def test_an_image_is_saved_to_the_file_that_was_named(
    output: str, options: tuple[str, ...], files: dict[str, bytes], run: Run, tmp_path: Path
) -> None:
    done = run("generate", "a fox", *SIZE, "-o", output, *options)
    assert done.exit_code == 0, done.output
    for name, start in files.items():
        assert (tmp_path / name).read_bytes().startswith(start)
        assert f"Saved {name}" in done.stdout
    assert any((tmp_path / "store 雪" / "images").iterdir())


@pytest.mark.parametrize(
    ("output", "options", "reason"),
    [
        ("taken.png", (), "exists already"),
        ("fox.jpg", ("--format", "png"), "but --format is png"),
        ("fox.png", ("--format", "auto"), "but --format is auto"),
        ("fox.gif", (), "no extension of an image"),
        ("fox", (), "no extension of an image"),
        ("nowhere/fox.png", (), "No file can be written to nowhere"),
        ("taken.png/", (), "No file can be written to taken.png"),
        ("-", ("-n", "2"), "takes one image"),
    ],
)
def test_an_output_that_cannot_be_used_is_refused_before_anything_is_made(
    output: str, options: tuple[str, ...], reason: str, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "taken.png").write_bytes(b"mine")
    done = run("generate", "a fox", *SIZE, "-o", output, *options)
    assert done.exit_code == 2
    assert reason in done.stderr
    assert "Nothing was charged" in done.stderr
    assert (tmp_path / "taken.png").read_bytes() == b"mine"
    assert not (tmp_path / "store 雪" / "images").exists()


def test_force_replaces_the_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "fox.png").write_bytes(b"old")
    assert run("generate", "a fox", *SIZE, "-o", "fox.png", "--force").exit_code == 0
    assert (tmp_path / "fox.png").read_bytes().startswith(PNG)


def test_a_folder_gets_the_name_of_the_stored_file(run: Run, tmp_path: Path) -> None:
    assert run("generate", "a fox", *SIZE, "-o", "posters/").exit_code == 0
    (saved,) = (tmp_path / "posters").iterdir()
    (stored,) = (tmp_path / "store 雪" / "images").iterdir()
    assert (saved.name, saved.read_bytes()) == (stored.name, stored.read_bytes())


def test_standard_output_gets_the_bytes_and_nothing_else(run: Run) -> None:
    done = run("generate", "-", *SIZE, "-o", "-", stdin=b"\xef\xbb\xbfa fox\r\n")
    assert done.stdout_bytes.startswith(PNG)
    assert done.stdout_bytes.endswith(b"IEND\xaeB`\x82")
    assert "Created 1 image." in done.stderr


def test_a_file_that_cannot_be_written_after_all_leaves_the_stored_image(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(OutputTarget, "write", full)
    done = run("generate", "a fox", *SIZE, "-o", "fox.png")
    (stored,) = (tmp_path / "store 雪" / "images").iterdir()
    assert done.exit_code == 9
    assert f"No space left on device. It is stored at {stored}." in done.stderr


@pytest.mark.parametrize(
    ("name", "exit_code"),
    [("last", 0), ("LAST", 0), ("short", 0), ("job", 0), ("-", 0), ("file", 0), ("img_00", 2)],
)
def test_an_image_is_edited_by_every_name_it_has(
    name: str, exit_code: int, run: Run, tmp_path: Path
) -> None:
    made = json.loads(run("generate", "a fox", *SIZE, "--json").stdout)
    image = made["images"][0]
    names = {"short": image["id"][:12], "job": made["jobId"], "file": image["path"]}
    done = run(
        *("edit", "blue", "-i", names.get(name, name), *SIZE),
        stdin=small_image(size=(64, 64)).data,
    )
    assert done.exit_code == exit_code, done.output


@pytest.mark.parametrize(
    ("name", "code"),
    [("short", 0), ("whole", 0), ("file", 0), ("job", 0), ("last", 2), ("img_0", 2), ("fox", 2)],
)
def test_an_image_is_deleted_by_every_name_that_means_it_alone(
    name: str, code: int, run: Run
) -> None:
    made = json.loads(run("generate", "a fox", *SIZE, "--json").stdout)
    image = made["images"][0]
    names = {"short": image["id"][:12], "whole": image["id"], "job": made["jobId"]}
    names |= {"file": Path(image["path"]).name}
    done = run("images", "delete", names.get(name, name))
    assert done.exit_code == code, done.output
    assert Path(image["path"]).exists() is (code != 0)
    if code:
        assert f"The latest images: {image['id']} (a fox)." in done.stderr
        return
    hint = f"gpt-image images restore {image['id']}"
    assert hint in done.stdout
    assert hint in run("images", "delete", names.get(name, name)).stderr
    for given in (image["id"][:12], image["path"]):
        assert hint in run("edit", "a hat", "-i", given).stderr
    unknown = run("images", "restore", "fox")
    assert f"In the trash: {image['id']} (a fox)." in unknown.stderr
    assert run("images", "restore", names[name]).stdout == f"Restored {image['id']}.\n"
    assert Path(image["path"]).exists()


def test_standard_input_is_read_once(run: Run) -> None:
    done = run("edit", "-", "-i", "-", stdin=b"x")
    assert done.exit_code == 2
    assert "only once" in done.stderr


@pytest.mark.parametrize("charset", ["cp1252", "ascii", "latin-1", "cp437", "utf-8"])
@pytest.mark.parametrize(
    "command", [("images", "list"), ("usage",), ("models",), ("cache", "stats"), ("--help",)]
)
def test_f32_a_console_that_lacks_letters_gets_others(
    charset: str, command: tuple[str, ...], run: Run
) -> None:
    assert run("generate", WORDS, *SIZE, charset=charset).exit_code == 0
    done = run(*command, charset=charset)
    assert done.exit_code == 0
    assert done.exception is None


@pytest.mark.parametrize("charset", ["cp1252", "ascii", "cp437", "utf-8"])
def test_f32_json_is_whole_on_a_console_that_lacks_letters(
    charset: str, run: Run, tmp_path: Path
) -> None:
    made = json.loads(run("generate", WORDS, *SIZE, "--json", charset=charset).stdout)
    assert Path(made["images"][0]["path"]).is_file()
    listed = json.loads(run("images", "list", "--json", charset=charset).stdout)
    assert listed["images"][0]["prompt"] == WORDS
    failed = json.loads(run("edit", "x", "-i", "雪.png", "--json", charset=charset).stdout)
    assert "雪.png" in failed["error"]["message"]


def test_a_terminal_gets_a_welcome_and_no_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    with pytest.raises(SystemExit) as ended:
        cli.main([], prog_name="gpt-image")
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"{WELCOME}\n"


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("prompt", ["a fox " * 40, WORDS, "[red]x[/red] \x1b[2J"])
def test_a_table_of_images_fits_the_terminal(width: int, prompt: str) -> None:
    image = ListedImage(
        id=f"img_{'3f' * 16}",
        job_id="job_1",
        path="/x.png",
        made_at="2026-11-27T11:00:00+00:00",
        prompt=prompt,
        model="m",
        format="png",
        width=1024,
        height=1024,
        bytes=9,
    )
    console = Console(file=io.StringIO(), width=width, force_terminal=True, no_color=True)
    shown = listing_table(ListImagesResult(images=[image], jobs=[]), console)
    plain = Console(file=io.StringIO(), width=width)
    with plain.capture() as captured:
        plain.print(listing_table(ListImagesResult(images=[image], jobs=[]), plain), markup=False)
    assert "img_3f3f3f3f" in captured.get()
    assert all(len(line) <= width for line in captured.get().splitlines())
    assert "\x1b]8;" in shown
    assert "\x1b[2J" not in shown


def test_every_command_says_how_it_is_used() -> None:
    for path, command in commands():
        help_text = CliRunner().invoke(cli, [*path, "-h"], prog_name="gpt-image").output
        assert "Usage: gpt-image" in help_text
        if not hasattr(command, "commands"):
            assert "gpt-image " + " ".join(path) in help_text.partition("xample")[2], path


def commands() -> list[tuple[list[str], object]]:
    """Every command with the words that call it."""
    found: list[tuple[list[str], object]] = []
    waiting: list[tuple[list[str], object]] = [([], cli)]
    while waiting:
        path, command = waiting.pop()
        found.append((path, command))
        waiting += [
            ([*path, name], each) for name, each in getattr(command, "commands", {}).items()
        ]
    return found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(shell: str) -> None:
    done = CliRunner().invoke(cli, ["completion", shell], prog_name="gpt-image")
    assert done.exit_code == 0
    assert "_GPT_IMAGE_COMPLETE" in done.output


def test_an_image_is_drawn_only_where_the_terminal_shows_images(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    png = small_image(size=(64, 32)).data
    terminal_images.TerminalImages().draw(png, width=64, height=32)
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("FORCE_COLOR", "1")  # Rich takes the output for a terminal then
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(terminal_images, "_renderable", lambda: SixelImage)
    terminal_images.TerminalImages().draw(png, width=64, height=32)
    assert "\x1bP" in capsys.readouterr().out


@pytest.mark.parametrize("target", THEMES, ids=lambda target: target.stem)
def test_the_recording_in_the_readme_shows_the_commands_of_its_script(target: Path) -> None:
    recorded = unescape(target.read_text("utf-8")).replace("\u00a0", " ")
    assert target.relative_to(ROOT).as_posix() in (ROOT / "README.md").read_text("utf-8")
    for command in COMMANDS:
        assert f"$ {command}" in recorded
