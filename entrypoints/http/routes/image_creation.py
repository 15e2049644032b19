"""Routes that create images: with a stream of events, or with one response."""

from dataclasses import replace
from typing import Annotated

import msgspec
from litestar import post
from litestar.params import QueryParameter
from litestar.types import ASGIApp
from msgspec import UnsetType

from application.jobs.job_handle import JobHandle
from entrypoints.bootstrap.container import Container
from entrypoints.http.access_log import note_outcome
from entrypoints.http.asgi_responses import BytesResponse, as_response, no_response
from entrypoints.http.openapi.operation import (
    ANY_ERROR,
    Operation,
    event_stream,
    json_response,
    parameter,
)
from entrypoints.http.openapi.schema_parts import ref
from entrypoints.http.request_context import (
    AnyRequest,
    caller_of,
    container_of,
    event_json_of,
    idempotency_key_of,
    image_urls_for,
    json_object,
)
from entrypoints.http.security.body_limits import body_reservation_of
from entrypoints.http.sse_events import data_frames
from entrypoints.http.sse_response import KEEP_ALIVE_SECONDS, EventStream, until_disconnect
from entrypoints.jobs.submit import read_edit, read_generation, submit
from entrypoints.wire.caller import Caller
from entrypoints.wire.inputs import Detail
from entrypoints.wire.json_schema import Schema
from entrypoints.wire.parsing import Arguments, has_images

ARGUMENTS: Schema = {
    "schema": {"oneOf": [ref("GenerateArguments"), ref("EditArguments")]},
    "examples": {
        "generate": {"value": {"prompt": "a lighthouse above a quiet sea at dusk"}},
        "previews": {"value": {"prompt": "a lighthouse", "partialImages": 2}},
        "edit": {"value": {"prompt": "make the sky green", "images": ["img_" + "0" * 32]}},
    },
}
IDEMPOTENCY_KEY = parameter(
    "Idempotency-Key",
    "header",
    "Requests with the same key count as one, even across a restart.",
    type="string",
    pattern="^[!-~]{1,255}$",
)
Inline = Annotated[bool, QueryParameter(description="Add each image as base64.")]


@post(
    "/mcp/stream",
    status_code=200,
    operation=Operation(
        tag="Generation",
        parameters=(IDEMPOTENCY_KEY,),
        body=ARGUMENTS,
        responses={
            200: event_stream(
                "Server-sent events. A frame is exactly `data: {json}` and an empty line; comments "
                "come at least every 15 s. The stream ends after `complete` or `error`.",
                ref("StreamEvent"),
                example='data: {"type":"progress","data":{"progress":5,"message":"…","jobId":"…"}}'
                "\n\n: keep-alive\n\n",
            )
        },
        refusals=ANY_ERROR,
    ),
)
async def stream_image(request: AnyRequest) -> ASGIApp:
    """Generate or edit images and stream progress as server-sent events.

    The stream ends with `complete` or `error`. The body takes the arguments of generate_image;
    with `images`, those of edit_image.
    """
    submitted = await _submit(request)
    if submitted is None:
        return as_response(no_response)
    handle, _ = submitted
    messages = event_json_of(request).messages(handle, image_urls_for(request))
    headers = {"x-job-id": handle.job.id}
    return as_response(EventStream(data_frames(messages), KEEP_ALIVE_SECONDS, headers))


@post(
    "/images",
    status_code=201,
    operation=Operation(
        tag="Generation",
        parameters=(IDEMPOTENCY_KEY,),
        body=ARGUMENTS,
        responses={
            201: json_response(
                "The images are finished.",
                ref("ImagesResult"),
                Location="The URL of the image, if it is the only one.",
            )
        },
        refusals=ANY_ERROR,
    ),
)
async def create_image(request: AnyRequest, inline: Inline = False) -> ASGIApp:
    """Generate or edit images and respond when they are finished.

    The response has facts and URLs, with `inline` or with `detail` "full" also the images. The body
    takes the arguments of generate_image; with `images`, those of edit_image.
    """
    submitted = await _submit(request)
    if submitted is None:
        return as_response(no_response)
    handle, detail = submitted
    result = await until_disconnect(handle.result(), request.receive)
    if result is None:
        return as_response(no_response)
    urls = image_urls_for(request)
    body = msgspec.json.encode(
        urls.report(result, handle.request, inline=inline or detail == "full")
    )
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    stored = [image for image in result.images if image.stored]
    if len(stored) == len(result.images) == 1:
        headers["location"] = urls.image(stored[0])
    return as_response(BytesResponse(201, headers, body))


async def _submit(request: AnyRequest) -> tuple[JobHandle, Detail | UnsetType] | None:
    """The caller's handle, and how much of the images the caller wants.

    None if the client disconnects first, which ends the inspection.
    A handle that is made at the moment of the disconnect is returned: it counts as waiting until
    its events are read, and the same disconnect ends that reading.
    """
    body = await json_object(request)
    caller = replace(caller_of(request), key=idempotency_key_of(request))
    submitted = await until_disconnect(
        _submitted(container_of(request), body, caller), request.receive
    )
    if submitted is None:
        return None
    note_outcome(request.scope, submitted[0])
    body_reservation_of(request.scope).shrink_to_decoded()
    return submitted


async def _submitted(
    container: Container, body: Arguments, caller: Caller
) -> tuple[JobHandle, Detail | UnsetType]:
    arguments = (
        await read_edit(container, body, caller.owner)
        if has_images(body)
        else await read_generation(container, body)
    )
    return await submit(container, arguments, caller), arguments.detail
