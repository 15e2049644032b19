"""The chat at a terminal: interrupts, lines that are typed ahead, a conversation that is gone."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest

from tests.e2e.test_chat import gpt_image
from tests.standin import StandIn
from tests.standin.faults import slow

PROGRAM = """\
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from entrypoints.cli.app import main
main()
"""
"""The command, with standard input as its terminal: Ctrl-C is a signal only there."""
TIMEOUT = 60.0
"""Seconds after which a test fails; no test depends on it."""
SERVER_COMMAND = str(Path(sys.executable).with_name("gpt-image"))
CTRL_C, CTRL_D = "\x03", "\x04"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """A chat in a terminal of its own."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self.process, self._screen, self._shown = process, screen, ""

    def type(self, text: str) -> None:
        """Type this, a line with its end."""
        os.write(self._screen, text.encode())

    def wait_for(self, text: str) -> None:
        """Wait until the text is shown, after what the last call waited for."""
        end = monotonic() + TIMEOUT
        while text not in self._shown:
            assert monotonic() < end, f"{text!r} is not in {self._shown!r}"
            self._shown += ESCAPES.sub("", self._read().decode())
        self._shown = self._shown.partition(text)[2]

    def exit_code(self) -> int:
        """Wait for the end of the program; nothing that it shows may keep it waiting."""
        end = monotonic() + TIMEOUT
        with suppress(OSError):  # Linux raises it when the program has closed the terminal
            while monotonic() < end and self.process.poll() is None:
                self._read()
        return self.process.wait(1)

    def _read(self) -> bytes:
        is_readable = select.select([self._screen], [], [], 0.1)[0]
        return os.read(self._screen, 65_536) if is_readable else b""


@contextmanager
def chat(environment: Mapping[str, str], *arguments: str) -> Iterator[Terminal]:
    """Run the chat until its prompt is there; in the end it is killed."""
    screen, side = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "chat", *arguments],
        env={"TERM": "dumb", "COLUMNS": "80", **environment},
        stdin=side,
        stdout=side,
        stderr=side,
        start_new_session=True,
    ) as process:
        os.close(side)
        try:
            terminal = Terminal(process, screen)
            terminal.wait_for("> ")
            yield terminal
        finally:
            process.kill()
            os.close(screen)


@pytest.fixture
def sketches(tmp_path: Path) -> dict[str, str]:
    """The environment of a chat with offline sketches."""
    folders = {f"{name}_DIR": str(tmp_path / name.lower()) for name in ("DATA", "CACHE", "OUTPUT")}
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PROVIDER": "sketch", **folders}


@pytest.mark.parametrize(("key", "code"), [(CTRL_C, 130), (CTRL_D, 0)])
def test_a_key_at_the_prompt_ends_the_chat(sketches: dict[str, str], key: str, code: int) -> None:
    with chat(sketches) as terminal:
        terminal.type(key)
        assert terminal.exit_code() == code


def test_lines_that_are_typed_ahead_are_all_turns(sketches: dict[str, str]) -> None:
    """A terminal that may show images is asked whether it does, and does not answer here."""
    with chat({**sketches, "TERM": "xterm-256color"}, "foxes") as terminal:
        terminal.type("a fox\nadd a hat\n/undo\n/quit\n")
        terminal.wait_for("Took back turn 2: add a hat")
        assert terminal.exit_code() == 0


def test_an_interrupt_during_a_turn_waits_for_its_image_and_goes_on(
    openai_api: StandIn, environment: dict[str, str]
) -> None:
    openai_api.default = slow(2)
    with chat(environment, "foxes") as terminal:
        terminal.type("a fox\n")
        openai_api.wait_for_calls(1, TIMEOUT)
        terminal.type(CTRL_C)
        terminal.wait_for("Waiting for its image; press Ctrl-C again to give it up.")
        terminal.wait_for("Conversation foxes, turn 1")
        terminal.wait_for("> ")
        openai_api.default = slow(30)
        terminal.type("add a hat\n")
        openai_api.wait_for_calls(2, TIMEOUT)
        terminal.type(CTRL_C)
        terminal.wait_for("press Ctrl-C again")
        terminal.type(CTRL_C)
        terminal.wait_for("Gave up job_")
        assert terminal.exit_code() == 130


def test_a_termination_ends_the_chat_after_the_image_that_is_being_made(
    openai_api: StandIn, environment: dict[str, str]
) -> None:
    openai_api.default = slow(2)
    with chat(environment, "foxes") as terminal:
        terminal.type("a fox\nadd a hat\n")
        openai_api.wait_for_calls(1, TIMEOUT)
        terminal.process.send_signal(signal.SIGTERM)
        terminal.wait_for("Conversation foxes, turn 1")
        assert terminal.exit_code() == 130
    assert len(openai_api.posts) == 1


def test_a_conversation_that_openai_lost_goes_on_from_its_last_image(
    openai_api: StandIn, environment: dict[str, str]
) -> None:
    settings = {**environment, "API_MODE": "responses"}
    with chat(settings, "foxes") as terminal:
        terminal.type("a fox\n")
        terminal.wait_for("Conversation foxes, turn 1")
        openai_api.forget_responses()
        terminal.type("add a hat\n")
        terminal.wait_for("This turn goes on from the last image alone.")
        terminal.wait_for("Conversation foxes, turn 2")
        terminal.type("a red hat\n/quit\n")
        terminal.wait_for("Conversation foxes, turn 3")
        assert terminal.exit_code() == 0
    _, lost, alone, after = (call.fields for call in openai_api.posts)
    assert lost["previous_response_id"] == "resp_standin_1"
    assert [part["type"] for part in alone["input"][0]["content"]] == ["input_text", "input_image"]  # type: ignore[index] # a list
    text, image = after["input"][0]["content"]  # type: ignore[index] # a list
    assert "1. a fox\n2. add a hat\n" in text["text"]
    assert image["type"] == "input_image"
    assert "previous_response_id" not in after


def test_a_file_without_a_last_line_end_is_read_whole(tmp_path: Path) -> None:
    ended = gpt_image(tmp_path, "chat", "foxes", lines="a fox\n/undo")
    assert ended.returncode == 0, ended.stderr
    assert "Took back turn 1: a fox" in ended.stdout


def test_bytes_that_are_no_text_are_refused_and_the_next_line_is_a_turn(
    sketches: dict[str, str],
) -> None:
    ended = subprocess.run(
        [SERVER_COMMAND, "chat", "foxes"],
        input=b"a f\xffx\na bear\n",
        capture_output=True,
        env={**sketches, "PYTHONUTF8": "1"},
        check=False,
        timeout=TIMEOUT,
    )
    assert ended.returncode == 2
    assert "contains invalid Unicode" in ended.stderr.decode()
    assert "Conversation foxes, turn 1" in ended.stdout.decode()
