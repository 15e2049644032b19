"""OpenAI's Images API: the routes that clients of OpenAI call after a change of their base URL."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any

from litestar import post, route
from litestar.params import PathParameter
from litestar.types import ASGIApp

from application.jobs.job_handle import JobHandle
from domain.errors import ImageServiceError
from domain.provider_errors import ModelNotFound
from entrypoints.http.access_log import note_outcome
from entrypoints.http.asgi_responses import BytesResponse, as_response, no_response
from entrypoints.http.error_responses import error_response, note_problem
from entrypoints.http.openai_api.arguments import Action, ImageCall, check_strictly, read_call
from entrypoints.http.openai_api.error_envelope import envelope
from entrypoints.http.openai_api.form_fields import MEDIA_TYPE as FORM
from entrypoints.http.openai_api.form_fields import form_fields
from entrypoints.http.openai_api.model_objects import find_model, model_list
from entrypoints.http.openai_api.operations import EDITS, GENERATIONS, MODEL, MODELS, unprefixed
from entrypoints.http.openai_api.replies import (
    OpenAIReplies,
    error_frame,
    job_headers,
    result_headers,
)
from entrypoints.http.problem_documents import problem_of
from entrypoints.http.request_context import (
    GET_AND_HEAD,
    AnyRequest,
    body_of,
    caller_of,
    container_of,
    event_json_of,
    idempotency_key_of,
    image_urls_for,
    json_object,
)
from entrypoints.http.security.body_limits import body_reservation_of
from entrypoints.http.sse_events import Frame
from entrypoints.http.sse_response import KEEP_ALIVE_SECONDS, EventStream, until_disconnect
from entrypoints.jobs.submit import submit
from entrypoints.wire.incidents import log_incident

FIRST_EVENT_SECONDS = 10.0
"""How long a stream waits for its first event, so that an early error has a status of its own."""
NO_STORE = {"cache-control": "no-store"}
Name = Annotated[str, PathParameter(description="The name of a model, or of a snapshot.")]


@post("/v1/images/generations", status_code=200, operation=GENERATIONS)
async def generate_images(request: AnyRequest) -> ASGIApp:
    """Generate images, as OpenAI's API does."""
    return await _respond(request, "generate")


@post("/v1/images/edits", status_code=200, operation=EDITS)
async def edit_images(request: AnyRequest) -> ASGIApp:
    """Edit images, as OpenAI's API does; the body is a form, or JSON."""
    return await _respond(request, "edit")


generate_images_unprefixed = post(
    "/images/generations", status_code=200, operation=unprefixed(GENERATIONS, "generate_images")
)(generate_images.fn)
edit_images_unprefixed = post(
    "/images/edits", status_code=200, operation=unprefixed(EDITS, "edit_images")
)(edit_images.fn)


@route("/v1/models", http_method=GET_AND_HEAD, operation=MODELS)
async def list_openai_models(request: AnyRequest) -> dict[str, Any]:
    """The models that can be requested; the first one is the default."""
    return model_list(container_of(request).list_models()())


@route("/v1/models/{model:str}", http_method=GET_AND_HEAD, operation=MODEL)
async def get_openai_model(request: AnyRequest, model: Name) -> dict[str, Any]:
    """One model that can be requested."""
    found = find_model(container_of(request).list_models()(), model)
    if found is None:
        raise ModelNotFound(f"The model {model[:80]!r} does not exist, or is retired.")
    return found


async def _respond(request: AnyRequest, action: Action) -> ASGIApp:
    started = await until_disconnect(_start(request, action), request.receive)
    if started is None:
        return as_response(no_response)
    call, job = started
    note_outcome(request.scope, job)
    body_reservation_of(request.scope).shrink_to_decoded()
    replies = OpenAIReplies(
        job.request, event_json_of(request), image_urls_for(request), as_url=call.as_url
    )
    headers = {**NO_STORE, **job_headers(job, call.notes)}
    try:
        if call.arguments.stream:
            return await _stream(request, replies.events(job), headers)
        return await _whole(request, replies, job, headers)
    except ImageServiceError as error:
        return _failure(request, error, headers)


async def _start(request: AnyRequest, action: Action) -> tuple[ImageCall, JobHandle]:
    """Read the request and submit its job."""
    content_type = request.headers.get("content-type", "")
    if content_type.lower().startswith(FORM):
        body = await asyncio.to_thread(form_fields, await body_of(request), content_type)
    else:
        body = await json_object(request)
    call = await asyncio.to_thread(read_call, action, body)
    container = container_of(request)
    if container.settings().openai_api_strict:
        check_strictly(call, container.list_models()())
    caller = replace(
        caller_of(request), key=idempotency_key_of(request), retries=_is_retry(request)
    )
    return call, await submit(container, call.arguments, caller)


async def _whole(
    request: AnyRequest, replies: OpenAIReplies, job: JobHandle, headers: dict[str, str]
) -> ASGIApp:
    result = await until_disconnect(job.result(), request.receive)
    if result is None:
        return as_response(no_response)
    body = replies.body(result)
    length = {"content-type": "application/json", "content-length": str(len(body))}
    return as_response(BytesResponse(200, {**headers, **result_headers(result), **length}, body))


async def _stream(
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
    return as_response(EventStream(_frames(first, events), KEEP_ALIVE_SECONDS, headers))


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


def _failure(request: AnyRequest, error: ImageServiceError, headers: dict[str, str]) -> ASGIApp:
    problem = problem_of(error)
    note_problem(request.scope, problem)  # type: ignore[arg-type] # Litestar's type of the same dict
    response = error_response(problem, request.scope["path"])
    return as_response(
        BytesResponse(response.status, {**headers, **response.headers}, response.body)
    )


def _is_retry(request: AnyRequest) -> bool:
    """Whether an SDK of OpenAI says that it sends the same request again."""
    count = request.headers.get("x-stainless-retry-count", "")
    return count.isdecimal() and int(count[:9]) > 0
