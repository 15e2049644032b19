"""Routes for jobs: the state of a job, and its events from the first on."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from litestar import get, post, route
from litestar.params import PathParameter, QueryParameter
from litestar.types import ASGIApp

from domain.errors import ArchiveUnavailable, InvalidRequest, NotFound
from domain.events import JobEvent
from domain.requests import ImageRequest
from entrypoints.http.asgi_responses import BytesResponse, as_response
from entrypoints.http.event_json import EVENT_NAMES
from entrypoints.http.openapi.operation import (
    ApiResponse,
    Operation,
    event_stream,
    json_response,
    parameter,
)
from entrypoints.http.openapi.schema_parts import ref
from entrypoints.http.request_context import (
    GET_AND_HEAD,
    AnyRequest,
    caller_of,
    container_of,
    event_json_of,
    image_urls_for,
)
from entrypoints.http.security.signed_links import LINK_PARAMETERS, LINK_REFUSALS
from entrypoints.http.sse_events import Frame, event_frame
from entrypoints.http.sse_response import KEEP_ALIVE_SECONDS, EventStream
from entrypoints.wire.listings import listed_job

EVENT_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


JobId = Annotated[str, PathParameter(description="From an event, or from X-Job-Id.")]
Limit = Annotated[
    int, QueryParameter(name="limit", ge=1, le=1000, description="The maximum number of jobs.")
]
Recent = Annotated[bool, QueryParameter(description="List jobs in every state.")]


@route(
    "/jobs",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Generation",
        responses={200: json_response("The newest first.", ref("ListJobsResult"))},
        refusals=(ArchiveUnavailable,),
    ),
)
async def list_jobs(
    request: AnyRequest, limit: Limit = 100, recent: Recent = False
) -> dict[str, Any]:
    """Jobs that are unfinished or have an unknown outcome, of any age; with `recent` all jobs."""
    owner = caller_of(request).owner
    found = await container_of(request).list_jobs()(owner=owner, limit=limit, ended=recent)
    urls = image_urls_for(request)
    return {"jobs": [urls.job(listed_job(record)) for record in found]}


@post(
    "/jobs/{job_id:str}/dismiss",
    status_code=200,
    operation=Operation(
        tag="Generation",
        responses={200: json_response("The job is dismissed.", ref("ListedJob"))},
        refusals=(NotFound, InvalidRequest, ArchiveUnavailable),
    ),
)
async def dismiss_job(request: AnyRequest, job_id: JobId) -> dict[str, Any]:
    """Leave a job of unknown outcome out of the lists; the records and budgets keep it."""
    owner, container = caller_of(request).owner, container_of(request)
    await container.dismiss_jobs()([job_id], owner=owner)
    record = await container.get_job()(job_id, owner=owner)
    return image_urls_for(request).job(listed_job(record))


@route(
    "/jobs/{job_id:str}",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Generation",
        responses={200: json_response("The job.", ref("ListedJob"))},
        refusals=(NotFound, ArchiveUnavailable),
    ),
)
async def get_job(request: AnyRequest, job_id: JobId) -> dict[str, Any]:
    """The state or outcome of a job, even long after, and after a restart."""
    record = await container_of(request).get_job()(job_id, owner=caller_of(request).owner)
    return image_urls_for(request).job(listed_job(record))


@get(
    "/jobs/{job_id:str}/events",
    operation=Operation(
        tag="Generation",
        parameters=(
            parameter("Last-Event-ID", "header", "Continue after this event.", type="string"),
            *LINK_PARAMETERS,
        ),
        responses={
            200: event_stream(
                "Server-sent events with `id` and `event`, up to `finished` or `failed`; comments "
                "come at least every 15 s.",
                ref("JobEvent"),
                example='id: 0\nevent: started\ndata: {"jobId":"…","message":"…","progress":1}\n\n',
            ),
            204: ApiResponse(description="There are no more events."),
        },
        refusals=(*LINK_REFUSALS, NotFound, ArchiveUnavailable),
    ),
)
async def follow_job(request: AnyRequest, job_id: JobId) -> ASGIApp:
    """Follow a job: its numbered events, up to `finished` or `failed`.

    Continues after the event in Last-Event-ID; 204 if that was the last one, so that an
    EventSource does not reconnect. Following a job neither starts nor cancels anything. An ended
    job can be followed for five minutes more, without its partials.
    """
    job = await container_of(request).follow_job()(job_id, owner=caller_of(request).owner)
    cursor = _cursor_after(request.headers.get("last-event-id", ""))
    if not job.has_event(cursor):
        return as_response(BytesResponse(204, {"cache-control": "no-store"}))
    frames = _frames(job.follow(cursor), job.job.request, request)
    return as_response(EventStream(frames, KEEP_ALIVE_SECONDS, {"x-job-id": job_id}))


def _cursor_after(last_event_id: str) -> int:
    """The number of the next event; the first if the header is no event number."""
    return int(last_event_id) + 1 if EVENT_NUMBER.fullmatch(last_event_id) else 0


async def _frames(
    events: AsyncGenerator[tuple[int, JobEvent], None], wanted: ImageRequest, request: AnyRequest
) -> AsyncGenerator[Frame, None]:
    event_json, urls = event_json_of(request), image_urls_for(request)
    async with aclosing(events):
        async for number, event in events:
            text = event_json.job_event(event, wanted, urls)
            yield event_frame(number, EVENT_NAMES[type(event)], text)
