"""OpenAI's Images API: the routes that clients of OpenAI call after a change of their base URL."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from litestar import post, route
from litestar.params import PathParameter
from litestar.types import ASGIApp
from starlette.types import Receive, Scope, Send

from application.jobs.job_handle import JobHandle
from domain.errors import ImageServiceError
from domain.provider_errors import ModelNotFound
from domain.results import ImageResult
from entrypoints.http.asgi_responses import BytesResponse, as_response, no_response
from entrypoints.http.error_responses import error_response, note_problem
from entrypoints.http.openai_api.arguments import Action, ImageCall
from entrypoints.http.openai_api.error_envelope import envelope
from entrypoints.http.openai_api.model_objects import find_model, model_list
from entrypoints.http.openai_api.operations import (
    EDITS,
    EDITS_ASYNC,
    GENERATIONS,
    GENERATIONS_ASYNC,
    MODEL,
    MODELS,
    unprefixed,
)
from entrypoints.http.openai_api.replies import (
    OpenAIReplies,
    error_frame,
    job_headers,
    known_facts,
    result_headers,
)
from entrypoints.http.openai_api.submission import submitted
from entrypoints.http.openai_api.tasks import (
    COMPLETED,
    PENDING,
    accepted,
    poll_path,
    task_headers,
    wait_until_recorded,
)
from entrypoints.http.problem_documents import problem_of
from entrypoints.http.request_context import (
    GET_AND_HEAD,
    AnyRequest,
    container_of,
    event_json_of,
    image_urls_for,
)
from entrypoints.http.sse_events import Frame
from entrypoints.http.sse_response import KEEP_ALIVE_SECONDS, EventStream, until_disconnect
from entrypoints.wire.incidents import log_incident

FIRST_EVENT_SECONDS = 10.0
"""How long a stream waits for its first event, so that an early error has a status of its own."""
NO_STORE = {"cache-control": "no-store"}
ASYNC = re.compile(r"(?:^|[,;\s])respond-async(?:$|[,;\s])", re.IGNORECASE)
"""The preference in a Prefer header (RFC 7240)."""
Name = Annotated[str, PathParameter(description="The name of a model, or of a snapshot.")]


@post("/v1/images/generations", status_code=200, operation=GENERATIONS)
async def generate_images(request: AnyRequest) -> ASGIApp:
    """Generate images, as OpenAI's API does."""
    return await _respond(request, "generate")


@post("/v1/images/edits", status_code=200, operation=EDITS)
async def edit_images(request: AnyRequest) -> ASGIApp:
    """Edit images, as OpenAI's API does; the body is a form, or JSON."""
    return await _respond(request, "edit")


@post("/v1/images/generations/async", status_code=202, operation=GENERATIONS_ASYNC)
async def generate_images_async(request: AnyRequest) -> ASGIApp:
    """Generate images, and respond at once with a task to poll."""
    return await _respond(request, "generate", as_task=True)


@post("/v1/images/edits/async", status_code=202, operation=EDITS_ASYNC)
async def edit_images_async(request: AnyRequest) -> ASGIApp:
    """Edit images, and respond at once with a task to poll."""
    return await _respond(request, "edit", as_task=True)


UNPREFIXED = [
    post(path, status_code=200, operation=unprefixed(operation, handler.fn.__name__))(handler.fn)
    for path, operation, handler in (
        ("/images/generations", GENERATIONS, generate_images),
        ("/images/edits", EDITS, edit_images),
        ("/images/generations/async", GENERATIONS_ASYNC, generate_images_async),
        ("/images/edits/async", EDITS_ASYNC, edit_images_async),
    )
]
"""The same routes for clients whose base URL lacks /v1."""


@route("/v1/models", http_method=GET_AND_HEAD, operation=MODELS)
async def list_openai_models(request: AnyRequest) -> dict[str, Any]:
    """The models that can be requested; the first one is the default."""
    return model_list(container_of(request).list_models()())


@route("/v1/models/{model:path}", http_method=GET_AND_HEAD, operation=MODEL)
async def get_openai_model(request: AnyRequest, model: Name) -> dict[str, Any]:
    """One model that can be requested."""
    model = model.removeprefix("/")  # a path, because the name may have a provider before it
    found = find_model(container_of(request).list_models()(), model)
    if found is None:
        raise ModelNotFound(f"The model {model[:80]!r} does not exist, or is retired.")
    return found


async def _respond(request: AnyRequest, action: Action, *, as_task: bool = False) -> ASGIApp:
    started = await submitted(request, action, as_task=as_task)
    if started is None:
        return as_response(no_response)
    call, job = started
    headers = {**NO_STORE, **job_headers(job, call.notes)}
    replies = OpenAIReplies(
        event_json_of(request),
        image_urls_for(request),
        as_url=call.as_url,
        known=known_facts(job.request),
    )
    preferences = ", ".join(request.headers.getall("prefer", []))
    prefers_task = ASYNC.search(preferences) is not None
    try:
        if call.arguments.stream:
            return await _stream_response(request, replies.events(job), headers)
        if prefers_task and not as_task:
            headers["preference-applied"] = "respond-async"
        if as_task or prefers_task:
            return await _recorded_task(request, call, job, headers)
        return await _images_response(request, call, job, replies, headers)
    except ImageServiceError as error:
        return _error_response(request, error, headers)


async def _images_response(
    request: AnyRequest,
    call: ImageCall,
    job: JobHandle,
    replies: OpenAIReplies,
    headers: dict[str, str],
) -> ASGIApp:
    """The images; after SYNC_DEADLINE a task, which keeps the job running."""
    job.retain()
    deadline = container_of(request).settings().sync_deadline or None
    try:
        result = await until_disconnect(asyncio.wait_for(job.result(), deadline), request.receive)
    except TimeoutError:
        return _task_response(request, call, job, headers, job.delivered)
    except BaseException:
        job.release()
        raise
    job.release()
    if result is None:
        return as_response(no_response)
    body = replies.body(result)
    length = {"content-type": "application/json", "content-length": str(len(body))}
    headers = {**headers, **result_headers(result, call.notes), **length}
    return as_response(BytesResponse(200, headers, body))


async def _recorded_task(
    request: AnyRequest, call: ImageCall, job: JobHandle, headers: dict[str, str]
) -> ASGIApp:
    """A task, as soon as its job is certain to be found."""
    job.retain()
    try:
        found = await until_disconnect(_recorded(job), request.receive)
    except BaseException:
        job.release()
        raise
    if found is None:
        job.release()
        return as_response(no_response)
    return _task_response(request, call, job, headers, found[0])


async def _recorded(job: JobHandle) -> tuple[ImageResult | None]:
    return (await wait_until_recorded(job),)


def _task_response(
    request: AnyRequest,
    call: ImageCall,
    job: JobHandle,
    headers: dict[str, str],
    result: ImageResult | None = None,
) -> ASGIApp:
    """The answer that names the task: the job, or the earlier one that has the result already."""
    task_id, status = (result.job_id, COMPLETED) if result else (job.job.id, PENDING)
    poll_url = poll_path(image_urls_for(request).base_path, task_id, call)
    body = accepted(task_id, job.job.created_at, poll_url, status)
    return as_response(
        BytesResponse(
            202,
            {
                **headers,
                "x-job-id": task_id,
                **task_headers(poll_url, status),
                "content-type": "application/json",
                "content-length": str(len(body)),
            },
            body,
        )
    )


async def _stream_response(
    request: AnyRequest, events: AsyncGenerator[Frame, None], headers: dict[str, str]
) -> ASGIApp:
    """The stream from its first event on; raise the error of a job that fails before it."""
    first = asyncio.ensure_future(anext(events))
    waited = await until_disconnect(_settled(first), request.receive)
    if waited is None:
        first.cancel()
        await asyncio.wait({first})
        await events.aclose()
        return as_response(no_response)
    if first.done():
        first.result()
    stream = EventStream(_frames(first, events), KEEP_ALIVE_SECONDS, headers)

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await stream(scope, receive, send)
        finally:  # a client that left before the first frame has read none
            first.cancel()
            await asyncio.wait({first})
            await events.aclose()

    return as_response(respond)


async def _settled(first: "asyncio.Future[Frame]") -> bool:
    """Wait until there is a first event, but no longer than FIRST_EVENT_SECONDS."""
    await asyncio.wait({first}, timeout=FIRST_EVENT_SECONDS)
    return True


async def _frames(
    first: "asyncio.Future[Frame]", events: AsyncGenerator[Frame, None]
) -> AsyncGenerator[Frame, None]:
    """All events; an error is the last one, because the response has begun."""
    try:
        async with aclosing(events):
            yield await first
            async for frame in events:
                yield frame
    except ImageServiceError as error:
        yield error_frame(envelope(problem_of(error))[2])
    except Exception as error:  # noqa: BLE001 - the last place that can still report it
        yield error_frame(envelope(problem_of(log_incident(error)))[2])


def _error_response(
    request: AnyRequest, error: ImageServiceError, headers: dict[str, str]
) -> ASGIApp:
    problem = problem_of(error)
    note_problem(request.scope, problem)  # type: ignore[arg-type] # Litestar's type of the same dict
    response = error_response(problem, request.scope["path"])
    return as_response(
        BytesResponse(response.status, {**headers, **response.headers}, response.body)
    )
