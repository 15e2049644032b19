"""Lines on standard error, as JSON or for people, written by a thread of their own."""

import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from queue import Full, Queue
from typing import Literal, TextIO

import structlog

Form = Literal["json", "console"]
Facts = dict[str, object]
Render = Callable[[Facts], str]

HIDDEN = "[hidden]"
WAITING_LINES = 1000
BATCH_DELAY = 0.02
"""Seconds that a line waits for others: waking the thread for each costs more than writing it."""
FLUSH_TIMEOUT = 0.5
"""Seconds that `close` waits for somebody to read the last lines."""
QUOTED_INPUT = re.compile(r"(?<=input_value=).*?(?=, input_type=)", re.DOTALL)
"""What pydantic's errors quote of a request, which may be a prompt."""


class _Writer:
    """Writes lines in their order, in a thread, so that nobody waits for who reads them.

    What is said within COMPANY is written at once.

    When nobody reads, lines beyond WAITING_LINES are dropped; when nobody can, all are.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream  # None is Python's word for a standard error that is closed
        self._queue: Queue[str] = Queue(WAITING_LINES)
        self._closing = threading.Event()
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._run, args=[stream], name="log", daemon=True)

    def write(self, line: str) -> None:
        """Take a line."""
        if self._stream is None:
            return
        self._start()
        with suppress(Full):
            self._queue.put_nowait(line + "\n")

    def _start(self) -> None:
        if self._thread.ident is None:
            with self._starting:  # lines may come from several threads
                if self._thread.ident is None:
                    self._thread.start()

    def close(self) -> None:
        """Wait until the lines are written, LAST_LINES_MAY_TAKE at most, and write no more."""
        if self._thread.is_alive():
            self._closing.set()
            with suppress(Full):
                self._queue.put_nowait("")  # for a thread that waits for a line
            self._thread.join(FLUSH_TIMEOUT)

    def _run(self, stream: TextIO) -> None:
        while not (self._closing.is_set() and self._queue.empty()):
            lines = [self._queue.get()]
            self._closing.wait(BATCH_DELAY)
            while not self._queue.empty():
                lines.append(self._queue.get())
            with suppress(OSError, ValueError):  # the stream is broken or closed
                stream.write("".join(lines))
                stream.flush()


class _Libraries(logging.Handler):
    """Passes on what libraries log in Python's own way."""

    def __init__(self, say: Callable[..., None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= logging.ERROR else "warning"
        with suppress(Exception):  # a message that does not fit its arguments is not worth a fault
            message = record.getMessage()
            self._say(level, message, logger=record.name, exc_info=record.exc_info)


class LogWriter:
    """Says things, one line each, at once and without waiting; never raises.

    The `hidden` words never appear, in whatever way a line spells them.
    """

    def __init__(self, *, level: str, form: Form = "json", hidden: Iterable[str] = ()) -> None:
        self._hidden = sorted({way for word in hidden for way in _spellings(word)}, key=len)[::-1]
        self._least = LEVELS[level]
        self._libraries = _Libraries(self.write)
        self._writer = _Writer(sys.stderr)
        self._rendered = _as_json() if form == "json" else _for_people()

    def enabled(self, level: str) -> bool:
        """Whether lines of this level are written."""
        return LEVELS[level] >= self._least

    def write(self, level: str, event: str, /, **facts: object) -> None:
        """Write a line. `level` is debug, info, warning or error; `exc_info` adds a trace."""
        if not self.enabled(level):
            return
        with suppress(Exception):  # a fact whose text cannot be had costs the line, not the work
            whole = {"timestamp": _now(), "level": level, "event": event} | facts
            self._writer.write(self._redact(self._rendered(whole)))

    def capture_stdlib(self) -> None:
        """Say warnings and worse that the libraries of this process log, until `close`."""
        logging.getLogger().addHandler(self._libraries)

    def close(self) -> None:
        """Write what is still to be written; what is said later is lost."""
        logging.getLogger().removeHandler(self._libraries)
        self._writer.close()

    def _redact(self, text: str) -> str:
        if "input_value=" in text:
            text = QUOTED_INPUT.sub(HIDDEN, text)
        for word in self._hidden:
            text = text.replace(word, HIDDEN)
        return text


LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def _spellings(word: str) -> set[str]:
    """The word, and what becomes of it within quotes; nothing for an empty one."""
    return {word, json.dumps(word)[1:-1], repr(word)[1:-1]} - {""}


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _as_json() -> Render:
    explained, encode = structlog.processors.format_exc_info, json.JSONEncoder(default=repr).encode
    return lambda facts: encode(explained(None, "", facts))


def _for_people() -> Render:
    """Values in quotes and traces without variables: what a client sends cannot draw or lie."""
    renderer = structlog.dev.ConsoleRenderer(
        colors=False,
        repr_native_str=True,
        sort_keys=False,
        exception_formatter=structlog.dev.plain_traceback,
    )

    def rendered(facts: Facts) -> str:
        event = str(facts["event"])
        return renderer(None, "", facts | {"event": event if event.isprintable() else repr(event)})

    return rendered
