"""The commands of conversations, and the chat, from a pipe and at a terminal."""

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.e2e.host import SERVER
from tests.standin import StandIn

TURNS = ("a red fox in the snow", "add a hat", "/undo", "add a scarf", "/nothing", "")
LINES = "\n".join((*TURNS, "/new", "a bear", "/quit", "not read\n"))


def gpt_image(
    home: Path, *arguments: str, lines: str = "", more: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    """Run a command, with offline sketches unless the settings of `more` say otherwise."""
    folders = {f"{name}_DIR": str(home / name.lower()) for name in ("DATA", "CACHE", "OUTPUT")}
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PROVIDER": "sketch", **folders}
    program = "from entrypoints.cli.app import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        input=lines,
        capture_output=True,
        text=True,
        env={**environment, **more},
        check=False,
        timeout=120,
    )


END_OF_INPUT = "\x04"
"""What Ctrl-D sends. At a terminal, more lines can follow."""


def chat_at_terminal(environment: dict[str, str], typed: str) -> subprocess.CompletedProcess[str]:
    """Run a chat that asks above a cost of 0, at a terminal where this is typed."""
    keyboard, terminal = pty.openpty()
    os.write(keyboard, typed.encode())
    done = subprocess.run(
        [str(Path(SERVER).with_name("gpt-image")), "chat", "foxes"],
        stdin=terminal,
        capture_output=True,
        text=True,
        env=environment | {"CONFIRM_ABOVE_USD": "0", "LOG_LEVEL": "error"},
        check=False,
        timeout=60,
    )
    os.close(terminal)
    os.close(keyboard)
    return done


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


@pytest.mark.parametrize("answer", ["y\n", "Yes\n"])
def test_a_turn_that_a_person_agrees_to_is_sent(
    answer: str, environment: dict[str, str], openai_api: StandIn
) -> None:
    chat = chat_at_terminal(environment, f"a red fox\n{answer}add a hat\n{answer}/quit\n")
    assert (chat.returncode, chat.stderr) == (0, "")
    for call in ("Generate 1 image", "Edit 1 image"):
        assert f"{call} with gpt-image-2.6-flare for about $0." in chat.stdout
    assert chat.stdout.count("[y/N]") == 2
    assert [call.path.rpartition("/")[2] for call in openai_api.posts] == ["generations", "edits"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("n\n", "The user declined to generate 1 image"),
        ("\n", "The user declined to generate 1 image"),
        ("perhaps\n", "The user declined to generate 1 image"),
        (END_OF_INPUT, "needs a confirmation: CONFIRM_ABOVE_USD is $0."),
    ],
)
def test_a_turn_without_consent_is_not_sent_and_the_chat_goes_on(
    answer: str, told: str, environment: dict[str, str], openai_api: StandIn
) -> None:
    chat = chat_at_terminal(environment, f"a red fox\n{answer}/undo\n/quit\n")
    assert chat.returncode == 0
    refused, undone = " ".join(chat.stderr.split()), "no conversation foxes"
    assert told in refused
    assert undone in refused.partition(told)[2]
    assert openai_api.posts == []


def test_a_chat_from_a_pipe_asks_nothing_and_sends_nothing_above_the_limit(
    tmp_path: Path, environment: dict[str, str], openai_api: StandIn
) -> None:
    paid = environment | {"CONFIRM_ABOVE_USD": "0", "PROVIDER": "openai"}
    refused = gpt_image(tmp_path, "chat", "foxes", lines="a red fox\ny\n", more=paid)
    assert refused.returncode == 6
    assert "[y/N]" not in refused.stdout
    assert "raise CONFIRM_ABOVE_USD" in " ".join(refused.stderr.split())
    assert openai_api.posts == []
