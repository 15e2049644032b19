"""What route handlers read from a request and from its application."""

import asyncio
import re
from typing import Any

import msgspec
from litestar import HttpMethod, Request
from litestar.connection import ASGIConnection
from starlette.datastructures import Headers

from domain.errors import InvalidRequest
from entrypoints.bootstrap.container import Container
from entrypoints.http.event_json import EventJson
from entrypoints.http.images.urls import ImageUrls, image_urls_of
from entrypoints.http.security.link_signer import LinkSigner
from entrypoints.wire.caller import Caller
from entrypoints.wire.unicode_text import without_bom

AnyRequest = Request[Any, Any, Any]
VALID_KEY = re.compile(r"[!-~]{1,255}")
GET_AND_HEAD = [HttpMethod.GET, HttpMethod.HEAD]
"""The methods of a route that reads. Monitoring tools, link checkers and crawlers send HEAD."""


def container_of(request: AnyRequest) -> Container:
    """The application's container."""
    container: Container = request.app.state.container
    return container


def warmed_up(connection: ASGIConnection[Any, Any, Any, Any]) -> asyncio.Event:
    """Set once the parts that calls need are built. Until then, building one would block."""
    event: asyncio.Event = connection.app.state.warmed_up
    return event


def caller_of(request: AnyRequest) -> Caller:
    """The sender of the request."""
    caller: Caller = request.app.state.callers.resolve(request.scope)
    return caller


def image_urls_for(request: AnyRequest) -> ImageUrls:
    """The addresses of images, as the request's sender can reach them."""
    signer: LinkSigner | None = request.app.state.link_signer
    owner = caller_of(request).owner
    return image_urls_of(request.scope, container_of(request).settings(), signer, owner)


def event_json_of(request: AnyRequest) -> EventJson:
    """The server's one encoder of events, which shares the base64 of images among requests."""
    event_json: EventJson = request.app.state.event_json
    return event_json


def headers_of(request: AnyRequest) -> Headers:
    """The request's headers, each as often as it was sent."""
    return Headers(raw=[*request.scope["headers"]])


def idempotency_key_of(request: AnyRequest) -> str | None:
    """The request's Idempotency-Key; raise InvalidRequest for one that is not valid."""
    keys = request.headers.getall("idempotency-key", [])
    if not keys:
        return None
    if len(keys) > 1 or not VALID_KEY.fullmatch(keys[0]):
        raise InvalidRequest(
            "Idempotency-Key must be one key of 1 to 255 visible ASCII characters.",
            field="Idempotency-Key",
            hint="Send a new UUID with each request, and the same one when you repeat it.",
        )
    return keys[0]


async def json_object(request: AnyRequest) -> dict[str, object]:
    """The body; raise InvalidRequest unless it is one JSON object."""
    try:
        body = msgspec.json.decode(without_bom(await body_of(request)))
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            "The body is not JSON in UTF-8.", field="body", hint="Send one JSON object."
        ) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRequest(
            f"The body is not valid JSON: {error}.", field="body", hint="Send one JSON object."
        ) from error
    if body == []:  # an empty array of PHP, which has no other empty object
        return {}
    if not isinstance(body, dict):
        raise InvalidRequest(
            "The body is not a JSON object.",
            field="body",
            hint='Send the arguments, such as {"prompt": "a lighthouse"}.',
        )
    return body


async def body_of(request: AnyRequest) -> bytes:
    """The whole body, which BodyLimitMiddleware has read.

    `request.body()` would hold it in memory until the response is sent.
    """
    message = await request.receive()
    assert message["type"] == "http.request"
    return message["body"]
