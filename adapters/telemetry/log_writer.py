"""Writes log lines to standard error, as JSON or as plain text, in a thread of its own."""

import json
import logging
import re
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from queue import Full, Queue
from typing import Literal, TextIO

from domain.redactor import HIDDEN, secret_spellings

Form = Literal["json", "console"]
Facts = dict[str, object]
Render = Callable[[Facts], str]

MAX_WAITING_LINES = 1000
BATCH_DELAY = 0.02
"""Seconds that a line waits for more: waking the thread for each costs more than writing it."""
MAX_RECENT_LINES, MAX_RECENT_LENGTH = 300, 4_000
"""Lines that are kept to be shown, and characters of each: a few hundred kilobytes at most."""
FLUSH_TIMEOUT = 0.5
"""Seconds that `close` waits for the last lines to be written."""
QUOTED_INPUT = re.compile(r"(?<=input_value=).*?(?=, input_type=)", re.DOTALL)
"""What pydantic's errors quote of a request, which may contain a prompt."""


class _Writer:
    """Writes lines in order, in a thread, so that the caller never waits for the reader.

    Lines that arrive within BATCH_DELAY are rendered and written together. If the stream is not
    read, lines beyond MAX_WAITING_LINES are dropped; if it is closed or broken, all are.
    """

    def __init__(self, stream: TextIO | None, render: Render) -> None:
        self._stream = stream  # None if standard error is closed
        self._render = render
        self._queue: Queue[str | Facts] = Queue(MAX_WAITING_LINES)
        self._closing = threading.Event()
        self._start_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, args=[stream], name="log", daemon=True)

    def write(self, line: str | Facts) -> None:
        """Queue a line or its facts, without waiting."""
        if self._stream is None:
            return
        self._start()
        with suppress(Full):
            self._queue.put_nowait(line)

    def _start(self) -> None:
        if self._thread.ident is None:
            with self._start_lock:  # several threads may write
                if self._thread.ident is None:
                    self._thread.start()

    def close(self) -> None:
        """Wait until the lines are written, for at most FLUSH_TIMEOUT, and stop."""
        if self._thread.is_alive():
            self._closing.set()
            with suppress(Full):
                self._queue.put_nowait("")  # wakes the thread if it waits for a line
            self._thread.join(FLUSH_TIMEOUT)

    def _run(self, stream: TextIO) -> None:
        while not (self._closing.is_set() and self._queue.empty()):
            lines = [self._queue.get()]
            self._closing.wait(BATCH_DELAY)
            while not self._queue.empty():
                lines.append(self._queue.get())
            text = "".join(map(self._text, lines))
            with suppress(OSError, ValueError):  # the stream is broken or closed
                stream.write(text)
                stream.flush()

    def _text(self, line: str | Facts) -> str:
        with suppress(Exception):  # a fact whose repr raises loses the line, not the others
            text = line if isinstance(line, str) else self._render(line)
            return f"{text}\n" if text else ""
        return ""


class _Libraries(logging.Handler):
    """Forwards what libraries log with the standard library's logging."""

    def __init__(self, write: Callable[..., None]) -> None:
        super().__init__(logging.WARNING)
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= logging.ERROR else "warning"
        with suppress(Exception):  # a message that does not match its arguments must not raise
            message = record.getMessage()
            self._write(level, message, logger=record.name, exc_info=record.exc_info)


class LogWriter:
    """Writes structured log lines; never waits and never raises.

    The `hidden` words are redacted in every spelling that a line may give them.
    """

    def __init__(self, *, level: str, form: Form = "json", hidden: Iterable[str] = ()) -> None:
        self._hidden: list[str] = []
        self._recent: deque[str] = deque(maxlen=MAX_RECENT_LINES)
        self.hide(hidden)
        self._min_level = LEVELS[level]
        self._libraries = _Libraries(self.write)
        self._render = _json_renderer() if form == "json" else _console_renderer()
        self._writer = _Writer(sys.stderr, self._text)

    def hide(self, words: Iterable[str]) -> None:
        """Redact these words too, in every line that is written from now on."""
        forms = {*self._hidden, *(text for word in words for text in _spellings(word))}
        self._hidden = sorted(forms, key=len, reverse=True)  # a form may contain another one

    def enabled(self, level: str) -> bool:
        """Whether lines of this level are written."""
        return LEVELS[level] >= self._min_level

    def write(self, level: str, event: str, /, **facts: object) -> None:
        """Write a line. `level` is debug, info, warning or error; `exc_info` adds a traceback."""
        if not self.enabled(level):
            return
        with suppress(Exception):  # a fact whose repr raises loses the line, not the job
            line = {"timestamp": _now(), "level": level, "event": event} | facts
            # A traceback is rendered while its frames are as they were, and is not kept.
            self._writer.write(self._text(line) if facts.get("exc_info") else line)

    def capture_stdlib(self) -> None:
        """Also write warnings and errors that libraries of this process log, until `close`."""
        logging.getLogger().addHandler(self._libraries)

    def close(self) -> None:
        """Write the remaining lines; later ones are dropped."""
        logging.getLogger().removeHandler(self._libraries)
        self._writer.close()

    def recent(self) -> list[str]:
        """The latest lines as they were written, the oldest first; of long ones the beginning."""
        return [*self._recent]

    def _text(self, line: Facts) -> str:
        text = self._redact(self._render(line))
        self._recent.append(text[:MAX_RECENT_LENGTH])
        return text

    def _redact(self, text: str) -> str:
        if "input_value=" in text:
            text = QUOTED_INPUT.sub(HIDDEN, text)
        for word in self._hidden:
            text = text.replace(word, HIDDEN)
        return text


LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def _spellings(word: str) -> set[str]:
    """The word, its forms within JSON and Python quotes, and those that a provider may echo.

    Empty for an empty word.
    """
    forms = {word, json.dumps(word)[1:-1], repr(word)[1:-1], *secret_spellings(word)}
    return forms - {""}


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _json_renderer() -> Render:
    encode = json.JSONEncoder(default=repr).encode
    return lambda facts: encode(_with_traceback(facts))


def _with_traceback(facts: Facts) -> Facts:
    """The facts, with the text of a traceback in the place of `exc_info`."""
    error = facts.pop("exc_info", None)
    if isinstance(error, tuple):  # as `sys.exc_info` returns it
        error = error[1]
    if isinstance(error, BaseException):
        facts["exception"] = "".join(traceback.format_exception(error)).removesuffix("\n")
    return facts


def _console_renderer() -> Render:
    """Quotes values, so that no client can forge lines; tracebacks show no variables."""
    import structlog  # loads rich, which a server that logs JSON does not need

    renderer = structlog.dev.ConsoleRenderer(
        colors=False,
        repr_native_str=True,
        sort_keys=False,
        exception_formatter=structlog.dev.plain_traceback,
    )

    def render(facts: Facts) -> str:
        event = str(facts["event"])
        return renderer(None, "", facts | {"event": event if event.isprintable() else repr(event)})

    return render
