"""Tells what happens to jobs as log lines."""

from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from time import monotonic
from typing import NamedTuple

from adapters.telemetry.log_writer import LogWriter
from domain.errors import ImageServiceError, InternalError
from domain.events import (
    CacheFailed,
    CacheTierFailed,
    Failed,
    Finished,
    JobAccepted,
    JobDispatched,
    JobEvent,
    JobJoined,
    JobQueued,
    JobStarted,
    PartialReady,
    RenditionCreated,
    RenditionFailed,
    ServedFromCache,
    ServiceEvent,
)
from domain.results import ImageResult, Usage

Facts = dict[str, object]


class Line(NamedTuple):
    """What is said of an event, and how loudly."""

    level: str
    event: str
    facts: Facts


class LogSink:
    """An EventSink. Prompts appear as hashes, unless `prompts`: then as they are."""

    def __init__(
        self, lines: LogWriter, *, prompts: bool = False, clock: Callable[[], float] = monotonic
    ) -> None:
        self._lines = lines
        self._prompts = prompts
        self._clock = clock
        self._started: dict[str, float] = {}

    def publish(self, event: ServiceEvent, /) -> None:
        match event:
            case JobJoined() | RenditionCreated() | RenditionFailed() | CacheTierFailed():
                line = _service_event(event)
            case _:
                line = self._job_event(event)
        self._lines.write(line.level, line.event, **line.facts)

    def _job_event(self, event: JobEvent | JobAccepted) -> Line:
        job: Facts = {"job": event.job_id}
        match event:
            case JobStarted():
                return Line("info", "job started", job | self._beginning(event))
            case ServedFromCache(source=tier):
                return Line("info", "cache hit", job | {"tier": tier})
            case CacheFailed(error=error):
                return Line("warning", "cache failed", job | {"reason": error.message})
            case JobQueued(ahead=ahead):
                return Line("debug", "job queued", job | {"ahead": ahead})
            case JobDispatched():
                return Line("debug", "job dispatched", job)
            case JobAccepted(handle=handle):
                return Line("debug", "job accepted", job | {"handle": handle})
            case PartialReady(image_index=picture, index=index):
                return Line("debug", "partial ready", job | {"picture": picture, "index": index})
            case Finished(result=images):
                return Line("info", "job finished", job | _told(images) | self._ending(event))
            case Failed(error=error):
                return _failure(error, job | self._ending(event))

    def _beginning(self, event: JobStarted) -> Facts:
        self._started[event.job_id] = self._clock()
        job, prompt = event.job, event.job.request.prompt
        said: Facts = {"owner": job.owner, "action": job.action, "model": job.request.model}
        if self._prompts:
            return {**said, "fresh": event.fresh, "prompt": prompt}
        digest = sha256(prompt.encode(errors="surrogatepass")).hexdigest()
        return {**said, "fresh": event.fresh, "prompt_sha256": digest[:12]}

    def _ending(self, event: Finished | Failed) -> Facts:
        started = self._started.pop(event.job_id, None)
        return {} if started is None else {"seconds": round(self._clock() - started, 3)}


def _told(images: ImageResult) -> Facts:
    """Facts of an answer. What the cache serves costs nothing, and saves what it cost once."""
    facts: Facts = {
        "tier": images.served_from,
        "model": images.model,
        "pictures": [picture.id for picture in images.images],
    }
    if images.is_cached:
        return {**facts, "cost_usd": 0.0, "saved_usd": _dollars(images.generation_cost)}
    facts |= {"cost_usd": _dollars(images.generation_cost), "provider_request": images.request_id}
    return facts if images.usage is None else {**facts, "tokens": _tokens(images.usage)}


def _tokens(usage: Usage) -> Facts:
    return {
        "text_in": usage.text_tokens_in,
        "image_in": usage.image_tokens_in,
        "out": usage.tokens_out,
    }


def _dollars(cost: Decimal | None) -> float | None:
    return None if cost is None else float(cost)


def _failure(error: ImageServiceError, facts: Facts) -> Line:
    facts |= {"code": error.code, "charged": error.charged.value}
    if isinstance(error, InternalError):
        cause = {"incident": error.incident, "exc_info": error.__cause__}
        return Line("error", "job failed", facts | cause)
    return Line("warning", "job failed", facts)


def _service_event(event: JobJoined | RenditionCreated | RenditionFailed | CacheTierFailed) -> Line:
    match event:
        case JobJoined():
            return Line("info", "job joined", {"job": event.job_id})
        case RenditionCreated():
            facts: Facts = {"picture": event.image_id, "how": event.description}
            facts |= {"bytes_before": event.bytes_before, "bytes_after": event.bytes_after}
            return Line("info", "rendered", facts)
        case RenditionFailed(reason=reason):
            facts = {"picture": event.image_id, "reason": reason}
            return Line("warning", "rendition failed", facts)
        case CacheTierFailed(error=error):
            return Line("warning", "cache tier failed", {"reason": error.message})
