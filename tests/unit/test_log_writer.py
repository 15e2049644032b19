"""Lines on standard error: whole, in order, without secrets, and nobody waits for them."""

import io
import json
import logging
import os
import sys

import pytest
from pydantic import BaseModel, ValidationError

from adapters.telemetry.log_writer import Form, LogWriter

SECRET = 'sk-"very\\secret'


class Text:
    """Text over bytes that holds nothing back, so that nothing is left to fail at the end."""

    def __init__(self, stream: io.RawIOBase) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        self._stream.write(text.encode())

    def flush(self) -> None:
        self._stream.flush()


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    said = capsys.readouterr()
    assert said.out == ""
    return [json.loads(line) for line in said.err.splitlines()]


def test_a_line_says_when_and_how_loudly_before_all_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = LogWriter(level="info")
    lines.write("info", "hello", number=1)
    lines.write("debug", "not this")
    lines.close()
    (line,) = told(capsys)
    assert list(line) == ["timestamp", "level", "event", "number"]
    assert (lines.enabled("info"), lines.enabled("debug")) == (True, False)


def test_lines_come_in_order_and_all_of_them_before_close_returns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = LogWriter(level="debug")
    for number in range(500):
        lines.write("debug", "counted", number=number)
    lines.close()
    lines.write("debug", "too late")
    assert [line["number"] for line in told(capsys)] == list(range(500))


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_spelling_of_a_secret_appears(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    lines = LogWriter(level="info", form=form, hidden=[SECRET, ""])
    try:
        raise ValueError(f"refused {SECRET}")
    except ValueError as error:
        lines.write("error", SECRET, plain=SECRET, listed=[SECRET], exc_info=error)
    lines.close()
    said = capsys.readouterr().err
    assert said.count("[hidden]") >= 4
    assert "very" not in said
    assert "Traceback" in said


@pytest.mark.parametrize("form", ["json", "console"])
def test_what_a_client_sends_can_neither_draw_nor_fake_a_line(
    form: Form, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = LogWriter(level="info", form=form)
    lines.write("info", "odd\n\x1b[2J", path="/a\n2026 [info] all is well\x1b[31m", word="\x1b[31m")
    lines.close()
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "\x1b" not in said


@pytest.mark.parametrize("form", ["json", "console"])
def test_what_an_error_quotes_of_a_request_is_hidden(
    form: Form, capsys: pytest.CaptureFixture[str]
) -> None:
    class Wanted(BaseModel):
        number: int

    lines = LogWriter(level="info", form=form)
    asked = {"number": "my private\nidea"}
    with pytest.raises(ValidationError) as caught:
        Wanted.model_validate(asked)
    lines.write("error", "refused", exc_info=caught.value)
    lines.close()
    said = capsys.readouterr().err
    assert "int_parsing" in said
    assert "private" not in said


def test_warnings_of_libraries_are_heard_until_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines, library = LogWriter(level="debug", hidden=[SECRET]), logging.getLogger("some.library")
    lines.capture_stdlib()
    library.info("chatter")
    library.warning("with %s", SECRET)
    try:
        raise OSError("gone")
    except OSError:
        library.exception("broken")
    lines.close()
    library.warning("too late")
    first, second = told(capsys)
    assert (first["level"], first["event"]) == ("warning", "with [hidden]")
    assert (second["level"], second["logger"]) == ("error", "some.library")
    assert "OSError: gone" in str(second["exception"])


def test_a_library_that_cannot_word_its_warning_is_nobodys_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = LogWriter(level="debug")
    lines.capture_stdlib()
    handler = logging.getLogger().handlers[-1]  # pytest's own would raise
    for args in (("this",), (7,)):
        record = logging.LogRecord("lib", logging.WARNING, "", 1, "%d is a number", args, None)
        handler.handle(record)
    lines.close()
    assert [line["event"] for line in told(capsys)] == ["7 is a number"]


def test_a_fact_that_has_no_text_is_nobodys_error(capsys: pytest.CaptureFixture[str]) -> None:
    class Mute:
        def __repr__(self) -> str:
            raise ValueError

    lines = LogWriter(level="info")
    lines.write("info", "lost", fact=Mute())
    lines.write("info", "kept")
    lines.close()
    assert [line["event"] for line in told(capsys)] == ["kept"]


@pytest.mark.parametrize("state", ["broken", "closed", "missing"])
def test_a_standard_error_that_is_gone_is_nobodys_error(
    state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "wb", buffering=0)
    if state == "closed":
        stream.close()
    text = None if state == "missing" else Text(stream)
    monkeypatch.setattr(sys, "stderr", text)
    lines = LogWriter(level="debug")
    for _ in range(3):
        lines.write("debug", "unheard")
    lines.close()
    stream.close()
