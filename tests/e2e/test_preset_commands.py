"""Presets on the command line, with offline sketches."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entrypoints.cli.app import cli

Run = Callable[..., Result]
SIZE = ("--size", "256x256")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("OUTPUT", "DATA", "CACHE", "GPT_IMAGE_PRESETS"):
        folder = name.rpartition("_")[2].lower()
        monkeypatch.setenv(f"{name}_DIR", str(tmp_path / "store" / folder))
    monkeypatch.setenv("PROVIDER", "sketch")
    return lambda *arguments: CliRunner().invoke(cli, arguments, prog_name="gpt-image")


def last_prompt(run: Run) -> str:
    """The prompt of the newest image."""
    listed = json.loads(run("images", "list", "--limit", "1", "--json").stdout)
    prompt: str = listed["images"][0]["prompt"]
    return prompt


def test_a_preset_makes_an_image(run: Run, tmp_path: Path) -> None:
    done = run("generate", "--preset", "logo", "--set", "name=Northwind", "-o", "logo.png", *SIZE)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "logo.png").read_bytes().startswith(b"\x89PNG")
    assert last_prompt(run).startswith("Design a logo for Northwind.")


def test_a_preset_edits_an_image(run: Run) -> None:
    assert run("generate", "a fox", *SIZE).exit_code == 0
    done = run(
        *("edit", "--preset", "restyle", "--set", "look=ink = black", "-i", "last"),
        *SIZE,
    )
    assert done.exit_code == 0, done.output
    assert "in this style: ink = black." in last_prompt(run)


def test_a_prompt_beside_a_preset_comes_after_it(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "store" / "presets" / "fox.toml"
    own.parent.mkdir(parents=True)
    own.write_text('title = "Fox"\ndescription = "A fox."\ntemplate = "A fox."', "utf-8")
    assert run("generate", "At night.", "--preset", "fox", *SIZE).exit_code == 0
    assert last_prompt(run) == "A fox.\nAt night."


def test_options_of_the_command_win_over_those_of_the_preset(run: Run, tmp_path: Path) -> None:
    logo = ("generate", "--preset", "logo", "--set", "name=Ada", "--json", *SIZE)
    (image,) = json.loads(run(*logo).stdout)["images"]
    assert (image["format"], image["width"]) == ("png", 256)
    (image,) = json.loads(run(*logo, "--format", "webp").stdout)["images"]
    assert image["format"] == "webp"


def test_a_preset_may_say_its_size_in_words(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "store" / "presets" / "fox.toml"
    own.parent.mkdir(parents=True)
    text = 'title = "Fox"\ndescription = "A fox."\ntemplate = "A fox."\noptions.size = "%s"'
    own.write_text(text % "portrait", "utf-8")
    (image,) = json.loads(run("generate", "--preset", "fox", "--json").stdout)["images"]
    assert (image["width"], image["height"]) == (1024, 1536)
    own.write_text(text % "tallest", "utf-8")
    refused = run("generate", "--preset", "fox")
    assert refused.exit_code == 2
    assert "fox.toml: options.size: 'tallest' is no size" in " ".join(refused.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("generate",), "Missing argument 'PROMPT'"),
        (("edit", "-i", "last"), "Missing argument 'PROMPT'"),
        (("generate", "x", "--set", "name=Ada"), "--set needs a preset"),
        (("generate", "--preset", "lgoo"), "Did you mean logo?"),
        (("generate", "--preset", "logo"), "name is required"),
        (("generate", "--preset", "logo", "--set", "Ada"), "'Ada' is not NAME=VALUE"),
        (
            ("generate", "--preset", "logo", "--set", "name=A", "--set", "name=B"),
            "'name' is set twice",
        ),
        (("generate", "--preset", "restyle", "--set", "look=ink"), "Use it to edit an image"),
        (("edit", "--preset", "logo", "--set", "name=A", "-i", "last"), "takes no input images"),
        (("presets", "show", "../logo"), "no preset '../logo'"),
        (("styles", "show", "ink"), "No style is defined here"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_advice(
    arguments: tuple[str, ...], told: str, run: Run
) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert told in done.stderr


def test_presets_and_styles_are_listed_and_shown(run: Run, tmp_path: Path) -> None:
    styles = tmp_path / "store" / "presets" / "styles"
    styles.mkdir(parents=True)
    (styles / "ink.toml").write_text('text = "black ink"\npalette = ["#102030"]', "utf-8")
    (styles.parent / "poster.toml").write_text("titel = 1", "utf-8")
    listed = run("presets", "list").stdout
    assert "\nlogo " in listed
    assert "Left out: poster.toml: titel: there is no such key." in listed
    facts = json.loads(run("presets", "list", "--json").stdout)
    assert [each["name"] for each in facts["presets"]][:2] == ["character-sheet", "icon-set"]
    assert {"file": "poster.toml", "key": "titel", "reason": "there is no such key"} in facts[
        "faults"
    ]
    assert (
        "name: The name that the logo stands for. Required."
        in run("presets", "show", "logo").stdout
    )
    assert "ink  a text, 1 color" in run("styles", "list").stdout
    assert "Palette: #102030" in run("styles", "show", "ink").stdout


def test_nothing_is_opened_to_list_presets_but_their_files(run: Run, tmp_path: Path) -> None:
    assert run("presets", "list").exit_code == 0
    assert not (tmp_path / "store").exists()
