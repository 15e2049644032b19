"""The view of jobs: which ones need a person, which ones run, and how each one went."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import PathParameter
from litestar.types import ASGIApp

from domain.job_records import JobRecord
from domain.jobs import JobState
from domain.money.amounts import dollars
from entrypoints.http.page.runs import Run, find_run
from entrypoints.http.page.view import Values, View, show
from entrypoints.http.request_context import AnyRequest, caller_of, container_of

MAX_LISTED = 100
JobId = Annotated[str, PathParameter(description="The ID of a job.")]


async def _values(request: AnyRequest) -> Values:
    container, owner = container_of(request), caller_of(request).owner
    unsettled = await container.list_jobs()(owner=owner, limit=MAX_LISTED)
    latest = await container.list_jobs()(owner=owner, limit=MAX_LISTED, ended=True)
    return {
        "unknown": [Run(record=each) for each in unsettled if not each.is_open],
        "open": [Run(record=each) for each in unsettled if each.is_open],
        "ended": [Run(record=each) for each in latest if not each.is_open],
    }


@get("/page/jobs/list")
async def list_jobs(request: AnyRequest) -> ASGIApp:
    """The lists again, as they are now."""
    return await _show_lists(request)


@post("/page/jobs/{job_id:str}/dismiss", status_code=200)
async def dismiss(request: AnyRequest, job_id: JobId) -> ASGIApp:
    """Leave a job of unknown outcome out of the to-do list."""
    await container_of(request).dismiss_jobs()([job_id], owner=caller_of(request).owner)
    return await _show_lists(request)


async def _show_lists(request: AnyRequest) -> ASGIApp:
    return show(request, "jobs_list.html", await _values(request))


@get("/page/jobs/{job_id:str}")
async def show_job(request: AnyRequest, job_id: JobId) -> ASGIApp:
    """How a job went."""
    run = await find_run(container_of(request), job_id, caller_of(request).owner)
    events = [*_timeline(run.record)]
    timeline = msgspec.json.encode(events).decode()
    values = {"run": run, "record": run.record, "events": events, "timeline": timeline}
    return show(request, "jobs_job.html", values, title="Job", view=VIEW)


def _timeline(record: JobRecord) -> Iterator[dict[str, str]]:
    """What the record says about when things happened, as `job-timeline` reads it."""
    created, changed = (each.isoformat() for each in (record.created_at, record.changed_at))
    yield {"at": created, "type": "queued", "text": f"Requested from {record.model}."}
    if record.is_open:
        sent = record.state is JobState.DISPATCHED
        text = "Sent; the image is being generated." if sent else "Waiting to be sent."
        yield {"at": changed, "type": "dispatched" if sent else "started", "text": text}
        return
    if record.state is JobState.STORED:
        cost = "" if record.cost is None else f" for {dollars(record.cost)}"
        count = len(record.images)
        text = f"Stored {count} image{'' if count == 1 else 's'}{cost}."
        yield {"at": changed, "type": "finished", "text": text}
    elif record.failure is not None:
        text = " ".join(filter(None, (record.failure.message, record.failure.hint)))
        yield {"at": changed, "type": "failed", "text": text}
    if record.repeated_at:
        text = "An equal request got the images from the cache."
        yield {"at": record.repeated_at.isoformat(), "type": "cache_hit", "text": text}


VIEW = View(
    name="jobs",
    title="Jobs",
    values=_values,
    json="jobs?recent=true",
    parts=(list_jobs, dismiss, show_job),
)
