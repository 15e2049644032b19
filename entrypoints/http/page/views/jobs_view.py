"""The view of jobs: which ones need a person, which ones run, and how each one went."""

from typing import Annotated

from litestar import get, post
from litestar.params import PathParameter
from litestar.types import ASGIApp

from entrypoints.http.page.runs import Run, find_run
from entrypoints.http.page.timeline import timeline
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
    """How a job went, or goes."""
    run = await find_run(container_of(request), job_id, caller_of(request).owner)
    values = {"run": run, "record": run.record, "events": timeline(run)}
    return show(request, "jobs_job.html", values, title="Job", view=VIEW)


@get("/page/jobs/{job_id:str}/timeline")
async def show_timeline(request: AnyRequest, job_id: JobId) -> ASGIApp:
    """The events of a job so far."""
    run = await find_run(container_of(request), job_id, caller_of(request).owner)
    values = {"record": run.record, "events": timeline(run)}
    return show(request, "jobs_timeline.html", values)


@get("/page/jobs/{job_id:str}/facts")
async def show_facts(request: AnyRequest, job_id: JobId) -> ASGIApp:
    """What is known of a job now."""
    run = await find_run(container_of(request), job_id, caller_of(request).owner)
    return show(request, "jobs_facts.html", {"run": run, "record": run.record})


VIEW = View(
    name="jobs",
    title="Jobs",
    values=_values,
    json="jobs?recent=true",
    parts=(list_jobs, dismiss, show_job, show_timeline, show_facts),
)
