"""Tells what happens to jobs as log lines on standard error."""

import sys
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import structlog

from domain.errors import InternalError
from domain.events import Failed, Finished, JobDispatched, JobEvent, JobStarted, PartialReady

HIDDEN = "[hidden]"


class LogSink:
    """An EventSink. Prompts appear as hashes only; the `hidden` words never appear."""

    def __init__(self, *, level: str, hidden: Sequence[str] = ()) -> None:
        self._hidden = tuple(hidden)
        self._log = structlog.wrap_logger(
            structlog.WriteLogger(sys.stderr),
            processors=[
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.processors.add_log_level,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
                self._blotted,
            ],
            wrapper_class=structlog.make_filtering_bound_logger(level),
        )

    def publish(self, event: JobEvent, /) -> None:
        match event:
            case JobStarted(job=job):
                prompt = sha256(job.request.prompt.encode()).hexdigest()[:12]
                facts = {"action": job.action, "model": job.request.model, "prompt": prompt}
                self._log.info("job started", job=job.id, owner=job.owner, **facts)
            case JobDispatched():
                self._log.debug("job dispatched", job=event.job_id)
            case PartialReady():
                self._log.debug("partial ready", job=event.job_id, index=event.index)
            case Finished(images=images):
                self._log.info(
                    "job finished",
                    job=event.job_id,
                    pictures=[picture.id for picture in images.pictures],
                    cost_usd=None if images.cost is None else str(images.cost),
                    request=images.request_id,
                )
            case Failed(error=InternalError() as error):
                self._log.error(
                    "job failed",
                    job=event.job_id,
                    incident=error.incident,
                    exc_info=error.__cause__,
                )
            case Failed(error=error):
                self._log.warning("job failed", job=event.job_id, code=error.code)

    def _blotted(self, _logger: Any, _name: str, line: Any) -> str:  # noqa: ANN401 - structlog's own signature
        for word in self._hidden:
            line = str(line).replace(word, HIDDEN)
        return str(line)
