"""Log lines are complete, in order and free of secrets, and writing them never blocks."""

import io
import json
import logging
import os
import sys
import threading

import pytest
from pydantic import BaseModel, ValidationError

from adapters.telemetry.log_writer import Form, LogWriter
from domain.redactor import secret_spellings

SECRET = 'sk-"very\\secret'


class UnbufferedText:
    """Text over bytes without a buffer, so that nothing is left to fail at the end."""

    def __init__(self, stream: io.RawIOBase) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        self._stream.write(text.encode())

    def flush(self) -> None:
        self._stream.flush()


def log_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    output = capsys.readouterr()
    assert output.out == ""
    return [json.loads(line) for line in output.err.splitlines()]


def test_a_line_starts_with_time_level_and_event(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = LogWriter(level="info")
    log.write("info", "hello", number=1)
    log.write("debug", "not this")
    log.close()
    (line,) = log_lines(capsys)
    assert list(line) == ["timestamp", "level", "event", "number"]
    assert (log.enabled("info"), log.enabled("debug")) == (True, False)


def test_all_lines_are_written_in_order_before_close_returns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = LogWriter(level="debug")
    for number in range(500):
        log.write("debug", "counted", number=number)
    log.close()
    log.write("debug", "too late")
    assert [line["number"] for line in log_lines(capsys)] == list(range(500))


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_spelling_of_a_secret_appears(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    log = LogWriter(level="info", form=form, hidden=[SECRET, ""])
    try:
        raise ValueError(f"refused {SECRET}")
    except ValueError as error:
        log.write("error", SECRET, plain=SECRET, listed=[SECRET], exc_info=error)
    log.close()
    output = capsys.readouterr().err
    assert output.count("[hidden]") >= 4
    assert "very" not in output
    assert "Traceback" in output


def test_a_secret_that_a_provider_spelled_otherwise_does_not_appear(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = LogWriter(level="info", hidden=[SECRET])
    for form in secret_spellings(SECRET):
        log.write("warning", f"It said {form}")
    log.close()
    output = capsys.readouterr().err
    assert not any(form in output for form in secret_spellings(SECRET))


@pytest.mark.parametrize("form", ["json", "console"])
def test_client_input_can_neither_forge_lines_nor_control_the_terminal(
    form: Form, capsys: pytest.CaptureFixture[str]
) -> None:
    log = LogWriter(level="info", form=form)
    log.write("info", "odd\n\x1b[2J", path="/a\n2026 [info] all is well\x1b[31m", word="\x1b[31m")
    log.close()
    output = capsys.readouterr().err
    assert len(output.splitlines()) == 1
    assert "\x1b" not in output


@pytest.mark.parametrize("form", ["json", "console"])
def test_request_data_that_an_error_quotes_is_redacted(
    form: Form, capsys: pytest.CaptureFixture[str]
) -> None:
    class Expected(BaseModel):
        number: int

    log = LogWriter(level="info", form=form)
    data = {"number": "my private\nidea"}
    with pytest.raises(ValidationError) as caught:
        Expected.model_validate(data)
    log.write("error", "refused", exc_info=caught.value)
    log.close()
    output = capsys.readouterr().err
    assert "int_parsing" in output
    assert "private" not in output


def test_warnings_of_libraries_are_logged_until_close(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log, library = LogWriter(level="debug", hidden=[SECRET]), logging.getLogger("some.library")
    log.capture_stdlib()
    library.info("chatter")
    library.warning("with %s", SECRET)
    try:
        raise OSError("gone")
    except OSError:
        library.exception("broken")
    log.close()
    library.warning("too late")
    first, second = log_lines(capsys)
    assert (first["level"], first["event"]) == ("warning", "with [hidden]")
    assert (second["level"], second["logger"]) == ("error", "some.library")
    assert "OSError: gone" in str(second["exception"])


def test_a_malformed_warning_of_a_library_raises_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = LogWriter(level="debug")
    log.capture_stdlib()
    handler = logging.getLogger().handlers[-1]  # pytest's own handler would raise
    for args in (("this",), (7,)):
        record = logging.LogRecord("lib", logging.WARNING, "", 1, "%d is a number", args, None)
        handler.handle(record)
    log.close()
    assert [line["event"] for line in log_lines(capsys)] == ["7 is a number"]


def test_a_fact_whose_repr_raises_loses_only_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    class NoRepr:
        def __repr__(self) -> str:
            raise ValueError

    log = LogWriter(level="info")
    log.write("info", "lost", fact=NoRepr())
    log.write("info", "kept")
    log.close()
    assert [line["event"] for line in log_lines(capsys)] == ["kept"]


@pytest.mark.parametrize("state", ["broken", "closed", "missing"])
def test_a_missing_standard_error_raises_nothing(
    state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "wb", buffering=0)
    if state == "closed":
        stream.close()
    text = None if state == "missing" else UnbufferedText(stream)
    monkeypatch.setattr(sys, "stderr", text)
    log = LogWriter(level="debug")
    for _ in range(3):
        log.write("debug", "unheard")
    log.close()
    stream.close()


class NamesThread:
    """A fact whose text is the name of the thread that renders it."""

    def __repr__(self) -> str:
        return threading.current_thread().name


def test_lines_are_rendered_by_the_thread_that_writes_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = LogWriter(level="info")
    log.write("info", "plain", by=NamesThread())
    log.write("error", "failed", by=NamesThread(), exc_info=OSError())
    log.close()
    plain, failed = log_lines(capsys)
    assert plain["by"] == "log"
    assert failed["by"] == threading.current_thread().name, "frames and images are not kept"
    assert "OSError" in str(failed["exception"])
