"""The commands of conversations, and the chat, with standard input as a pipe."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TURNS = ("a red fox in the snow", "add a hat", "/undo", "add a scarf", "/nothing", "")
LINES = "\n".join((*TURNS, "/new", "a bear", "/quit", "not read\n"))


def gpt_image(home: Path, *arguments: str, lines: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command with offline sketches."""
    folders = {f"{name}_DIR": str(home / name.lower()) for name in ("DATA", "CACHE", "OUTPUT")}
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PROVIDER": "sketch", **folders}
    program = "from entrypoints.cli.app import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        input=lines,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=120,
    )


def test_each_line_of_a_chat_changes_the_image_of_the_line_before(tmp_path: Path) -> None:
    chat = gpt_image(tmp_path, "chat", "foxes", lines=LINES)
    assert chat.returncode == 0, chat.stderr
    assert "Took back turn 2: add a hat" in chat.stdout
    assert "The commands are /undo, /new and /quit." in chat.stdout
    assert chat.stdout.count("the image of turn 1.") == 2
    shown = gpt_image(tmp_path, "conversations", "show", "foxes").stdout
    assert shown.startswith("Conversation foxes: 2 turns.\n1. a red fox in the snow\n")
    assert "2. add a scarf\n   edit" in shown
    assert "context: 1" in shown
    listed = gpt_image(tmp_path, "conversations", "list").stdout
    assert len(listed.splitlines()) == 2
    assert listed.startswith("chat-2")
    cleared = gpt_image(tmp_path, "conversations", "clear", "foxes").stdout
    assert cleared.startswith("Conversation foxes cleared: 2 turns")
    missing = gpt_image(tmp_path, "conversations", "show", "foxes")
    assert (missing.returncode != 0, "no conversation foxes" in missing.stderr) == (True, True)


def test_options_make_a_command_a_turn(tmp_path: Path) -> None:
    first = gpt_image(tmp_path, "generate", "a fox", "--conversation", "logo")
    assert "Conversation logo, turn 1" in first.stdout
    edited = gpt_image(tmp_path, "edit", "add a hat", "--conversation", "logo", "--context", "3")
    assert "Conversation logo, turn 2" in edited.stdout, edited.stderr
    assert "the image of turn 1." in edited.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["edit", "add a hat"], "-i must not be empty"),
        (["edit", "add a hat", "--conversation", "logo"], "logo has no image to edit"),
        (["generate", "a fox", "--context", "3"], "needs a conversationId"),
        (["generate", "a fox", "--conversation", "a/b"], "no name for a conversation"),
        (["generate", "a fox", "--conversation", "logo", "--context", "11"], "between 1 and 10"),
    ],
)
def test_what_makes_no_turn_is_refused(tmp_path: Path, arguments: list[str], reason: str) -> None:
    refused = gpt_image(tmp_path, *arguments)
    assert refused.returncode != 0
    assert reason in " ".join(refused.stderr.split())
