"""What happened to a job and when, as `job-timeline` reads it."""

from collections.abc import Iterator
from datetime import datetime

from domain.counts import count
from domain.events import (
    CacheFailed,
    Failed,
    Finished,
    JobDispatched,
    JobEvent,
    JobQueued,
    JobStarted,
    ServedFromCache,
)
from domain.job_records import JobRecord
from domain.jobs import JobState
from domain.money.amounts import dollars
from domain.requests import ImageRequest
from entrypoints.http.page.runs import Run
from entrypoints.wire.progress import describe_event

Entry = dict[str, str]
TYPES: dict[type[JobEvent], str] = {
    JobStarted: "started",
    JobQueued: "queued",
    JobDispatched: "dispatched",
    ServedFromCache: "cache_hit",
    CacheFailed: "cache_failed",
}
"""What each event is called in the timeline."""


def timeline(run: Run) -> list[Entry]:
    """The events of a job that this process ran, else what the record knows, the oldest first.

    Partial images are not among them: `live-partials` shows them.
    """
    if run.request is None or not run.history:
        return [*_of_record(run.record)]
    requested = _requested(run.record)
    return [requested, *(_of_event(at, each, run.request, run) for at, each in run.history)]


def _of_event(at: datetime, event: JobEvent, request: ImageRequest, run: Run) -> Entry:
    moment = at.isoformat()
    if isinstance(event, Failed):
        return _entry(moment, "failed", event.failure.message, event.failure.hint)
    _, text = describe_event(event, request)
    if isinstance(event, Finished):
        return _entry(moment, "finished", text, f"Cost: {run.cost}." if run.cost else "")
    return _entry(moment, TYPES.get(type(event), "event"), text)


def _of_record(record: JobRecord) -> Iterator[Entry]:
    changed = record.changed_at.isoformat()
    yield _requested(record)
    if record.is_open:
        sent = record.state is JobState.DISPATCHED
        text = "Sent; the image is being generated." if sent else "Waiting to be sent."
        yield _entry(changed, "dispatched" if sent else "started", text)
    elif record.state is JobState.STORED:
        cost = "" if record.cost is None else f" for {dollars(record.cost)}"
        yield _entry(changed, "finished", f"Stored {count(len(record.images), 'image')}{cost}.")
    elif record.failure is not None:
        yield _entry(changed, "failed", record.failure.message, record.failure.hint)
    if record.repeated_at:
        text = "An equal request got the images from the cache."
        yield _entry(record.repeated_at.isoformat(), "cache_hit", text)


def _requested(record: JobRecord) -> Entry:
    text = f"Requested from {record.model}."
    return _entry(record.created_at.isoformat(), "queued", text)


def _entry(at: str, type_: str, *texts: str | None) -> Entry:
    return {"at": at, "type": type_, "text": " ".join(filter(None, texts))}
