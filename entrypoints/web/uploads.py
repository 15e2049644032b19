"""How much may be sent to us at once, and how slowly."""

import asyncio

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
"""A body may take so many seconds, and one more for so many bytes of it."""

TOO_LARGE = Problem(
    status=413,
    code="too_large",
    message=f"The body has more than {LARGEST_BODY:,} bytes.",
    hint="Send smaller pictures, or the img_… ids of pictures that are here already.",
)
TOO_SLOW = Problem(
    status=408, code="too_slow", message="The body took too long.", hint="Send it at once."
)


class Uploads:
    """ASGI middleware: bodies within a size, a budget of bytes for all of them, and a time."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self._app(scope, receive, send)
            return
        length = _length(Headers(scope=scope))
        if length > LARGEST_BODY:
            await send_problem(TOO_LARGE, send, close=True)
            return
        place = length if length > SMALL else 0
        if place and self._held + place > ALL_BODIES:
            error = Busy("Too much is being sent to this server at once.", retry_after=5.0)
            await send_problem(problem_of(error), send, close=True)
            return
        self._held += place
        try:
            await self._app(scope, _Timed(receive, length), send)
        except Refused as refused:
            await send_problem(refused.problem, send, close=True)
        finally:
            self._held -= place


class _Timed:
    """Receives a body within its time and size; raises Refused, and afterwards does neither."""

    def __init__(self, receive: Receive, length: int) -> None:
        self._receive = receive
        self._deadline = asyncio.get_running_loop().time() + SLOWEST_START + length / SLOWEST_PACE
        self._left = LARGEST_BODY
        self._whole = False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message: Message = await self._receive()
        except TimeoutError:
            raise Refused(TOO_SLOW) from None
        if message["type"] == "http.request":
            self._whole = not message.get("more_body", False)
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise Refused(TOO_LARGE)
        return message


def _length(headers: Headers) -> int:
    """What the client announces; a body without a length takes the place of the largest."""
    announced = headers.get("content-length")
    if announced is None:
        return LARGEST_BODY if "transfer-encoding" in headers else 0
    return int(announced) if announced.isdecimal() else LARGEST_BODY + 1
