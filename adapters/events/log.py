"""Tells what happens to jobs as log lines on standard error."""

import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from queue import Full, Queue
from typing import Any, TextIO

import structlog

from domain.errors import InternalError, StudioError
from domain.events import (
    CacheFailed,
    CacheHit,
    CacheTierFailed,
    Failed,
    Finished,
    JobDispatched,
    JobStarted,
    PartialReady,
    Rendered,
    RenditionFailed,
    StudioEvent,
)

HIDDEN = "[hidden]"
WAITING_LINES = 1000
LAST_LINES_MAY_TAKE = 0.5
"""Seconds that `close` waits for somebody to read the last lines."""


class _Lines:
    """Writes lines in their order, in a thread, so that nobody waits for who reads them.

    When nobody reads, lines beyond WAITING_LINES are dropped; when nobody can, all are.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream  # None is Python's word for a standard error that is closed
        self._queue: Queue[str | None] = Queue(WAITING_LINES)
        self._thread = threading.Thread(target=self._run, args=[stream], name="log", daemon=True)

    def msg(self, line: str) -> None:
        """Take a line; structlog calls this by the name of the line's level."""
        if self._stream is None:
            return
        if self._thread.ident is None:
            self._thread.start()
        with suppress(Full):
            self._queue.put_nowait(line)

    debug = info = warning = error = msg

    def close(self) -> None:
        """Wait until the lines are written, LAST_LINES_MAY_TAKE at most, and write no more."""
        if self._thread.is_alive():
            with suppress(Full):
                self._queue.put_nowait(None)
            self._thread.join(LAST_LINES_MAY_TAKE)

    def _run(self, stream: TextIO) -> None:
        while (line := self._queue.get()) is not None:
            with suppress(OSError, ValueError):  # the stream is broken or closed
                stream.write(line + "\n")
                stream.flush()


def _rendered(event: Rendered) -> dict[str, object]:
    return {
        "picture": event.picture_id,
        "how": event.how,
        "bytes_before": event.bytes_before,
        "bytes_after": event.bytes_after,
    }


class LogSink:
    """An EventSink. Prompts appear as hashes only; the `hidden` words never appear."""

    def __init__(self, *, level: str, hidden: Sequence[str] = ()) -> None:
        self._hidden = tuple(hidden)
        self._lines = _Lines(sys.stderr)
        self._log = structlog.wrap_logger(
            self._lines,
            processors=[
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.processors.add_log_level,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
                self._blotted,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(level),
        )

    def close(self) -> None:
        """Write what is still to be written; what is told later is lost."""
        self._lines.close()

    def publish(self, event: StudioEvent, /) -> None:
        match event:
            case JobStarted(job=job):
                prompt = sha256(job.request.prompt.encode(errors="surrogatepass")).hexdigest()[:12]
                facts = {"action": job.action, "model": job.request.model, "prompt": prompt}
                self._log.info("job started", job=job.id, owner=job.owner, **facts)
            case CacheHit(tier=tier):
                self._log.info("cache hit", job=event.job_id, tier=tier)
            case CacheFailed(error=error):
                self._log.warning("cache failed", job=event.job_id, reason=error.message)
            case JobDispatched():
                self._log.debug("job dispatched", job=event.job_id)
            case PartialReady(index=index):
                self._log.debug("partial ready", job=event.job_id, index=index)
            case Finished(images=images):
                self._log.info(
                    "job finished",
                    job=event.job_id,
                    pictures=[picture.id for picture in images.pictures],
                    cost_usd=None if images.cost is None else str(images.cost),
                    request=images.request_id,
                )
            case Rendered():
                self._log.info("rendered", **_rendered(event))
            case RenditionFailed(reason=reason):
                self._log.warning("rendition failed", picture=event.picture_id, reason=reason)
            case CacheTierFailed(error=error):
                self._log.warning("cache tier failed", reason=error.message)
            case Failed(error=error):
                self._tell_of(error, event.job_id)

    def _tell_of(self, error: StudioError, job_id: str) -> None:
        if isinstance(error, InternalError):
            cause = error.__cause__
            self._log.error("job failed", job=job_id, incident=error.incident, exc_info=cause)
        else:
            self._log.warning("job failed", job=job_id, code=error.code)

    def _blotted(self, _logger: Any, _name: str, line: Any) -> str:  # noqa: ANN401 - structlog's own signature
        for word in self._hidden:
            line = str(line).replace(word, HIDDEN)
        return str(line)
