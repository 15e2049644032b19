"""How much may be sent to us at once, and how slowly."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import Busy
from entrypoints.web.problem_documents import Problem, Refused, problem_of, send_problem

LARGEST_BODY = 70 * 1024 * 1024
"""Bytes: a picture of 50 MB as base64, and words beside it."""
ALL_BODIES = 4 * LARGEST_BODY
"""Bytes of bodies that are held at once; a body becomes about three times that while it is read."""
SMALL = 64 * 1024
"""Bytes that need no place."""
SLOWEST_START = 20.0
SLOWEST_PACE = 200_000
"""The next of a body must come within so many seconds, and one more for so many bytes so far."""

TOO_LARGE = Problem(
    status=413,
    code="too_large",
    message=f"The body has more than {LARGEST_BODY:,} bytes.",
    hint="Send smaller pictures, or the img_… ids of pictures that are here already.",
)
TOO_SLOW = Problem(
    status=408, code="too_slow", message="The body took too long.", hint="Send it at once."
)
CROWDED = "Too much is being sent to this server at once."


class Uploads:
    """ASGI middleware: bodies within a size, a budget of bytes for all of them, and a time.

    A body is here as a whole before the application hears of it, so that every route refuses
    the same bodies with the same words. Who sends one too slowly is disconnected; the rest of one
    that is too large is let run into the void, so that its sender gets to read why.
    """

    def __init__(self, app: ASGIApp, *, slowest_start: float = SLOWEST_START) -> None:
        self._app = app
        self._slowest_start = slowest_start
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self._app(scope, receive, send)
            return
        try:
            with self._holding(_announced(Headers(scope=scope))):
                body = await self._read(receive)
        except Refused as refused:
            await send_problem(refused.problem, send, close=refused.problem is TOO_SLOW)
            return
        if body is not None:
            with self._holding(len(body)):
                await self._app(scope, _Whole(body, receive), send)

    @contextmanager
    def _holding(self, size: int) -> Iterator[None]:
        if size > LARGEST_BODY:
            raise Refused(TOO_LARGE)
        place = size if size > SMALL else 0
        if place and self._held + place > ALL_BODIES:
            raise Refused(problem_of(Busy(CROWDED, retry_after=5.0)))
        self._held += place
        try:
            yield
        finally:
            self._held -= place

    async def _read(self, receive: Receive) -> bytes | None:
        """The body, or None if the client left; raise Refused."""
        start, size, pieces = asyncio.get_running_loop().time(), 0, []
        while True:
            try:
                async with asyncio.timeout_at(start + self._slowest_start + size / SLOWEST_PACE):
                    message = await receive()
            except TimeoutError:
                raise Refused(TOO_SLOW) from None
            if message["type"] != "http.request":
                return None
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > LARGEST_BODY:
                raise Refused(TOO_LARGE)
            if not message.get("more_body", False):
                return b"".join(pieces)


class _Whole:
    """Gives the whole body at once, and after that whatever else is received."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        if self._message is None:
            return await self._receive()
        message, self._message = self._message, None
        return message


def _announced(headers: Headers) -> int:
    """How much may come; a body without a length takes the place of the largest."""
    length = headers.get("content-length")
    if length is None:
        return LARGEST_BODY if "transfer-encoding" in headers else 0
    return int(length) if length.isdecimal() else LARGEST_BODY + 1
