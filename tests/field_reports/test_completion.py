"""What a shell completes: names of images and jobs beside files, and nothing that fails."""

from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete

from entrypoints.cli import known_names, suggestions
from entrypoints.cli.app import cli
from entrypoints.cli.known_names import Kind

KNOWN = {
    "images": ["img_11111111", "img_22222222"],
    "trash": ["img_33333333"],
    "jobs": ["job_11111111"],
}
PANELS = [f"panels={number}" for number in (3, 4, 6, 8, 9)]


@pytest.mark.parametrize(
    ("line", "incomplete", "offered"),
    [
        (["edit", "x", "-i"], "la", ["last", "landscape.png"]),
        (["edit", "x", "-i"], "img_", ["img_11111111", "img_22222222", "img_1.png"]),
        (["edit", "x", "-i"], "img_2", ["img_22222222"]),
        (["edit", "x", "--mask"], "img_1", ["img_11111111", "img_1.png"]),
        (["edit", "x", "-i"], "cat", ["a file"]),
        (["edit", "x", "-i"], "", ["a file"]),
        (["images", "delete"], "img_1", ["img_11111111"]),
        (["images", "restore"], "", ["img_33333333"]),
        (["images", "restore"], "img_1", []),
        (["jobs", "show"], "job_", ["job_11111111"]),
        (["jobs", "dismiss", "job_11111111"], "j", ["job_11111111"]),
        (["generate", "x", "--quality"], "m", ["medium", "max"]),
        (["generate", "--preset"], "st", ["sticker-sheet", "storyboard"]),
        (["presets", "show"], "p", ["photo-repair", "product-shot"]),
        (["styles", "show"], "", []),
        (["generate", "--preset", "storyboard", "--set"], "p", ["panels=", *PANELS]),
        (["generate", "--set"], "", []),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else repr(value),
)
def test_a_shell_is_offered(
    line: list[str],
    incomplete: str,
    offered: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("landscape.png", "img_1.png", "cat.png"):
        Path(name).touch()
    monkeypatch.setattr(suggestions, "stored_ids", KNOWN.__getitem__)
    shell = BashComplete(cli, {}, "gpt-image", "_GPT_IMAGE_COMPLETE")
    items = shell.get_completions(line, incomplete)
    assert ["a file" if each.type == "file" else each.value for each in items] == offered
    kinds = {each.type for each in items}
    assert len(kinds) <= 1, "Bash forgets the words before an item that means files."


@pytest.mark.parametrize("kind", ["images", "trash", "jobs"])
def test_ids_that_cannot_be_read_are_left_out(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDER", "a fault")
    assert known_names.stored_ids(kind) == []


def test_a_range_stands_once_in_the_help() -> None:
    for words in (["images", "list"], ["jobs", "list"], ["usage"]):
        command: click.Command = cli
        for word in words:
            assert isinstance(command, click.Group)
            command = command.commands[word]
        for option in command.params:
            if isinstance(option.type, click.IntRange):
                assert option.metavar == "N"
