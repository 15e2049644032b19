"""Checks around the SDK's handler of `/mcp`: every request gets one answer with its ID."""

import asyncio

from mcp_types import JSONRPCResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints.http.mcp_image_data import IMAGE_DATA, AttachImages, DetachedImages
from entrypoints.http.mcp_responses import JSON, accepting_all, json_error
from entrypoints.mcp.json_rpc import IN_USE, Envelope, encode, read_envelope, repaired

LAST_EVENT_ID = b"last-event-id"
SESSION_ID = b"mcp-session-id"


class CheckedMessages:
    """An ASGI application around the SDK's, which reads each body as the stdio transport does.

    The whole body must arrive as one ASGI message. Unless streams are `resumable`, `Last-Event-ID`
    is ignored, because the SDK would send no response. Two running requests of a session never
    have equal IDs: the SDK would send one of the responses to the wrong request.
    """

    def __init__(self, app: ASGIApp, *, resumable: bool) -> None:
        self._app = app
        self._ignored = () if resumable else (LAST_EVENT_ID,)
        self._running: dict[tuple[bytes, str], _Exchange] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [pair for pair in scope["headers"] if pair[0] not in self._ignored]
        scope = {**scope, "headers": headers}
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = _Body(await receive(), receive)
        envelope = body.envelope
        if rejection := envelope.rejection():
            await json_error(400, rejection)(scope, receive, send)
        elif envelope.request_id is None:
            await self._app(accepting_all(scope), body, send)
        else:
            await self._answer(envelope, scope, body, send)

    async def _answer(self, envelope: Envelope, scope: Scope, body: Receive, send: Send) -> None:
        sessions = [value for name, value in scope["headers"] if name == SESSION_ID]
        keys = {(session, str(envelope.request_id)) for session in sessions}
        for key in keys:
            while exchange := self._running.get(key):
                if not await exchange.ends_soon():
                    await json_error(400, envelope.error(IN_USE))(scope, body, send)
                    return
        images = DetachedImages()
        exchange = _Exchange(AttachImages(images, send))
        self._running |= dict.fromkeys(keys, exchange)
        try:
            await self._app({**scope, IMAGE_DATA: images}, body, _NamedErrors(envelope, exchange))
        finally:
            for key in keys:
                self._running.pop(key, None)
            images.release()  # sessions keep scopes
            exchange.ended.set()


class _Exchange:
    """An ASGI send callable that records whether the whole response was sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._answered = False
        self.ended = asyncio.Event()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._answered = True
        await self._send(message)

    async def ends_soon(self) -> bool:
        """Wait for the end if the whole response was sent; return False if it was not.

        A client that uses one ID for all requests sends the next one at once.
        """
        if self._answered:
            await self.ended.wait()
        return self._answered


class _Body:
    """An ASGI receive callable that returns the first message, a body, once more."""

    def __init__(self, first: Message, receive: Receive) -> None:
        body = repaired(first.get("body", b""))
        self.envelope = read_envelope(body)
        self._first: Message | None = {**first, "body": body}
        self._receive = receive

    async def __call__(self) -> Message:
        first, self._first = self._first, None  # frees the body while the request runs
        return await self._receive() if first is None else first


class _NamedErrors:
    """An ASGI send callable that adds the request's ID to an error that has none."""

    def __init__(self, envelope: Envelope, send: Send) -> None:
        self._envelope = envelope
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_json_error(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._respond(self._start)

    async def _respond(self, start: Message) -> None:
        identified = self._envelope.identified_error(self._body)
        body = self._body if identified is None else encode(identified)
        length = (b"content-length", b"%d" % len(body))
        headers = [pair for pair in start["headers"] if pair[0] != length[0]]
        status = 200 if isinstance(identified, JSONRPCResponse) else start["status"]
        await self._send({**start, "status": status, "headers": [*headers, length]})
        await self._send({"type": "http.response.body", "body": body})


def _is_json_error(start: Message) -> bool:
    types = [value for name, value in start["headers"] if name == b"content-type"]
    return start["status"] >= 400 and types == [JSON.encode()]
