"""Responses of `/mcp` in a media type that the client accepts.

MCP obliges clients to accept JSON and server-sent events, and the SDK refuses all others. Some
clients accept one of the two, and some commands send no Accept header or `*/*`. They get the same
response in the type that they accept.
"""

from collections.abc import Callable

from mcp_types import INTERNAL_ERROR, INVALID_REQUEST, ErrorData, JSONRPCError, JSONRPCMessage
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints.http.asgi_responses import BytesResponse
from entrypoints.http.content_negotiation import accepts
from entrypoints.mcp.json_rpc import encode, read_envelope

JSON = "application/json"
EVENTS = "text/event-stream"
BOTH = f"{JSON}, {EVENTS}"
JSON_ONLY = "gpt_image.json_only"
"""A key of the scope of a request whose response is one JSON message, without others before it."""
ENDLESS = "subscriptions/listen"
"""The method whose response is a stream of notifications, which JSON cannot be."""
ENDED = JSONRPCError(
    jsonrpc="2.0",
    id=None,
    error=ErrorData(code=INTERNAL_ERROR, message="The session ended before its response."),
)
NOT_ACCEPTABLE = JSONRPCError(
    jsonrpc="2.0",
    id=None,
    error=ErrorData(
        code=INVALID_REQUEST,
        message=f"Not acceptable: no type of the response is in Accept. Send Accept: {BOTH}.",
    ),
)


class AcceptedResponses:
    """An ASGI application around the SDK's, which answers in a type that the client accepts.

    A client that accepts JSON only gets the response without the notifications before it. One that
    accepts server-sent events only gets a JSON response as one event, except an error of HTTP.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        accept = ", ".join(headers.getlist("accept"))
        json, events = accepts(accept, JSON), accepts(accept, EVENTS)
        if scope["method"] != "POST":
            await self._app(_accepting(scope, EVENTS if events else JSON), receive, send)
            return
        if headers.get("mcp-method") == ENDLESS:
            json = False
        if not (json or events):
            await json_error(406, NOT_ACCEPTABLE)(scope, receive, send)
            return
        if not (json and events):
            send = (
                _Converted(JSON, _as_event, send) if events else _Converted(EVENTS, _as_json, send)
            )
        await self._app({**_accepting(scope, BOTH), JSON_ONLY: not events}, receive, send)


def json_error(status: int, error: JSONRPCMessage) -> BytesResponse:
    """A JSON-RPC error with this status."""
    return _response(status, JSON, encode(error))


def accepting_all(scope: Scope) -> Scope:
    """The scope of a message that gets no response, so that its Accept header is irrelevant."""
    return _accepting(scope, BOTH)


def _accepting(scope: Scope, types: str) -> Scope:
    """The scope with these types; and with JSON as the SDK spells it, in whatever case it came."""
    headers = MutableHeaders(raw=[*scope["headers"]])
    headers["accept"] = types
    if "content-type" in headers:
        headers["content-type"] = JSON
    return {**scope, "headers": headers.raw}


class _Converted:
    """An ASGI send callable that converts responses of the type `source`, and sends others on."""

    def __init__(self, source: str, convert: Callable[[bytes], BytesResponse], send: Send) -> None:
        self._source = source
        self._convert = convert
        self._send = send
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._converts(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._respond(self._start, self._convert(b"".join(self._parts)))

    def _converts(self, start: Message) -> bool:
        sent = Headers(raw=[*start["headers"]]).get("content-type", "")
        return start["status"] == 200 and sent.partition(";")[0] == self._source

    async def _respond(self, start: Message, response: BytesResponse) -> None:
        headers = MutableHeaders(raw=[*start["headers"]])
        headers.update(response.headers)
        await self._send({**start, "status": response.status, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": response.body})


def _as_json(stream: bytes) -> BytesResponse:
    """The last message of a stream, which is the response."""
    lines = reversed(stream.splitlines())
    messages = (line[5:].strip() for line in lines if line.startswith(b"data:"))
    last = next(filter(None, messages), b"")
    is_response = bool(last) and not read_envelope(last).method
    return _response(200, JSON, last) if is_response else json_error(500, ENDED)


def _as_event(body: bytes) -> BytesResponse:
    """A stream of one event."""
    line = b" ".join(body.splitlines())
    return _response(200, EVENTS, b"event: message\r\ndata: " + line + b"\r\n\r\n")


def _response(status: int, content_type: str, body: bytes) -> BytesResponse:
    headers = {"content-type": content_type, "content-length": str(len(body))}
    return BytesResponse(status, headers, body)
