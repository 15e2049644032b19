"""Writes events as log lines."""

from collections.abc import Callable
from decimal import Decimal
from hashlib import sha256
from time import monotonic
from typing import NamedTuple

from adapters.telemetry.log_writer import LogWriter
from domain.errors import InternalError
from domain.events import (
    CacheFailed,
    CacheTierFailed,
    Failed,
    FallbackStarted,
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
    """The level, name and facts of a log line."""

    level: str
    event: str
    facts: Facts


class LogSink:
    """An EventSink that logs. Prompts appear as hashes, or as they are if `prompts` is set."""

    def __init__(
        self, writer: LogWriter, *, prompts: bool = False, clock: Callable[[], float] = monotonic
    ) -> None:
        self._writer = writer
        self._prompts = prompts
        self._clock = clock
        self._started: dict[str, float] = {}

    def publish(self, event: ServiceEvent, /) -> None:
        match event:
            case JobJoined() | RenditionCreated() | RenditionFailed() | CacheTierFailed():
                line = _service_event(event)
            case FallbackStarted():
                line = Line("warning", "fallback started", _fallback_facts(event))
            case _:
                line = self._job_event(event)
        self._writer.write(line.level, line.event, **line.facts)

    def _job_event(self, event: JobEvent | JobAccepted) -> Line:
        job: Facts = {"job": event.job_id}
        match event:
            case JobStarted():
                return Line("info", "job started", job | self._start_facts(event))
            case ServedFromCache(source=tier):
                return Line("info", "cache hit", job | {"tier": tier})
            case CacheFailed(reason=reason):
                return Line("warning", "cache failed", job | {"reason": reason})
            case JobQueued(ahead=ahead):
                return Line("debug", "job queued", job | {"ahead": ahead})
            case JobDispatched():
                return Line("debug", "job dispatched", job)
            case JobAccepted(handle=handle):
                return Line("debug", "job accepted", job | {"handle": handle})
            case PartialReady(image_index=image_index, index=index):
                return Line("debug", "partial ready", job | {"image": image_index, "index": index})
            case Finished(result=result):
                return Line(
                    "info", "job finished", job | _result_facts(result) | self._duration(event)
                )
            case Failed():
                return _failure(event, job | self._duration(event))

    def _start_facts(self, event: JobStarted) -> Facts:
        self._started[event.job_id] = self._clock()
        facts: Facts = {"owner": event.owner, "action": event.action}
        facts |= {"provider": event.provider, "model": event.model}
        if self._prompts:
            return {**facts, "fresh": event.fresh, "prompt": event.prompt}
        digest = sha256(event.prompt.encode(errors="surrogatepass")).hexdigest()
        return {**facts, "fresh": event.fresh, "prompt_sha256": digest[:12]}

    def _duration(self, event: Finished | Failed) -> Facts:
        started = self._started.pop(event.job_id, None)
        return {} if started is None else {"seconds": round(self._clock() - started, 3)}


def _result_facts(result: ImageResult) -> Facts:
    """Facts of a result. One from the cache costs nothing, and saves what it cost originally."""
    facts: Facts = {
        "tier": result.served_from,
        "provider": result.provider,
        "model": result.model,
        "images": [image.id for image in result.images],
    }
    if result.is_cached:
        return {**facts, "cost_usd": 0.0, "saved_usd": _dollars(result.generation_cost)}
    facts |= {"cost_usd": _dollars(result.generation_cost), "provider_request": result.request_id}
    return facts if result.usage is None else {**facts, "tokens": _tokens(result.usage)}


def _fallback_facts(event: FallbackStarted) -> Facts:
    failure = event.failure
    facts: Facts = {"job": event.job_id, "failed": event.failed_provider, "code": failure.code}
    facts |= {"charged": failure.charged.value}
    return {**facts, "provider": event.provider, "model": event.model}


def _tokens(usage: Usage) -> Facts:
    tokens: Facts = {
        "text_in": usage.text_tokens_in,
        "image_in": usage.image_tokens_in,
        "out": usage.tokens_out,
    }
    mainline = usage.mainline
    if mainline is None:
        return tokens
    return {**tokens, "mainline_in": mainline.tokens_in, "mainline_out": mainline.tokens_out}


def _dollars(cost: Decimal | None) -> float | None:
    return None if cost is None else float(cost)


def _failure(event: Failed, facts: Facts) -> Line:
    failure = event.failure
    facts |= {"code": failure.code, "charged": failure.charged.value}
    if event.usage is not None:
        facts |= {"cost_usd": _dollars(event.cost), "tokens": _tokens(event.usage)}
    if failure.code == InternalError.code:
        facts["incident"] = failure.details["incident"]
        if event.trace:
            facts["exception"] = event.trace
        return Line("error", "job failed", facts)
    return Line("warning", "job failed", facts)


def _service_event(event: JobJoined | RenditionCreated | RenditionFailed | CacheTierFailed) -> Line:
    match event:
        case JobJoined():
            return Line("info", "job joined", {"job": event.job_id})
        case RenditionCreated():
            facts: Facts = {"image": event.image_id, "how": event.description}
            facts |= {"bytes_before": event.bytes_before, "bytes_after": event.bytes_after}
            return Line("info", "rendered", facts)
        case RenditionFailed(reason=reason):
            facts = {"image": event.image_id, "reason": reason}
            return Line("warning", "rendition failed", facts)
        case CacheTierFailed(reason=reason):
            return Line("warning", "cache tier failed", {"reason": reason})
