"""Limits of request bodies: size, total memory and transfer rate."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import Busy
from entrypoints.http.error_responses import send_problem
from entrypoints.http.problem_documents import Problem, RequestRejected, problem_of

MAX_BODY_BYTES = 70 * 1024 * 1024
"""A 50 MB image as base64, and other arguments."""
MAX_TOTAL_BODY_BYTES = 4 * MAX_BODY_BYTES
"""Bytes of bodies held at once; decoding a body takes about three times its size."""
DECODED_SHARE = 4
"""A decoded body counts as one part in so many of its size."""
SMALL = 64 * 1024
"""Bytes up to which a body is not counted."""
START_TIMEOUT = 20.0
MIN_BYTES_PER_SECOND = 200_000
"""A body may take START_TIMEOUT seconds, and one more for each so many bytes received so far."""

TOO_LARGE = Problem(
    status=413,
    code="too_large",
    message=f"The body is larger than {MAX_BODY_BYTES:,} bytes.",
    hint="Send smaller images, or the img_… IDs of stored images.",
)
TOO_SLOW = Problem(
    status=408, code="too_slow", message="The body arrived too slowly.", hint="Send it in one go."
)
OVERLOADED = "The server is receiving too many large requests at once."
BODY_RESERVATION = "gpt_image.body_reservation"
"""The key of an ASGI scope's BodyReservation."""
BODY_SIZE = "gpt_image.body_size"
"""The key of the bytes that the body of an ASGI scope's request has."""


class BodyMemoryBudget:
    """The memory that all request bodies may take: at most `limit` bytes, `used` of them now."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0


class BodyReservation:
    """The share of one body: nothing while it is small, then the bytes received so far."""

    def __init__(self, budget: BodyMemoryBudget) -> None:
        self._budget = budget
        self._size = 0

    def hold(self, size: int) -> None:
        """Reserve this many bytes in total; raise RequestRejected (503) above the limit."""
        more = (size if size > SMALL else 0) - self._size
        if more > 0 and self._budget.used + more > self._budget.limit:
            raise RequestRejected(problem_of(Busy(OVERLOADED, retry_after=5.0)))
        self._budget.used += more
        self._size += more

    def shrink_to_decoded(self) -> None:
        """Release what the body took, now that only its decoded content is in memory."""
        self.hold(self._size // DECODED_SHARE)


class BodyLimitMiddleware:
    """ASGI middleware that limits the size and duration of a body, and the memory of all bodies.

    The application runs once the whole body has arrived, so every route refuses the same bodies
    with the same problem. Memory is reserved as bytes arrive, so a large Content-Length takes
    nothing from other clients; most of it is released by `shrink_to_decoded`. A client that sends
    too slowly is disconnected. The rest of a body that is too large is discarded, so that its
    sender can read the response.
    """

    def __init__(
        self, app: ASGIApp, *, start_timeout: float = START_TIMEOUT, most: int = MAX_BODY_BYTES
    ) -> None:
        """A body may have `most` bytes."""
        self._app = app
        self._start_timeout = start_timeout
        self._most = most
        self._budget = BodyMemoryBudget(MAX_TOTAL_BODY_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self._app(scope, receive, send)
            return
        reservation = scope[BODY_RESERVATION] = BodyReservation(self._budget)
        try:
            body = await self._read(Headers(scope=scope), receive, reservation)
            if isinstance(body, Problem):
                reservation.hold(0)
                await send_problem(body, scope, send, close=body is TOO_SLOW)
            elif body is not None:
                scope[BODY_SIZE] = body.size
                await self._app(scope, body, send)
        finally:
            reservation.hold(0)

    async def _read(
        self, headers: Headers, receive: Receive, reservation: BodyReservation
    ) -> "_ReplayBody | Problem | None":
        """The body, the problem with it, or None if the client disconnected."""
        try:
            self._check_length(headers.get("content-length", "0"))
            body = await self._body(receive, reservation)
        except RequestRejected as rejected:
            return rejected.problem
        return None if body is None else _ReplayBody(body, receive)

    async def _body(self, receive: Receive, reservation: BodyReservation) -> bytes | None:
        start, size, chunks = asyncio.get_running_loop().time(), 0, []
        while True:
            try:
                async with asyncio.timeout_at(
                    start + self._start_timeout + size / MIN_BYTES_PER_SECOND
                ):
                    message = await receive()
            except TimeoutError:
                raise RequestRejected(TOO_SLOW) from None
            if message["type"] != "http.request":
                return None
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._most:
                raise RequestRejected(self._too_large())
            reservation.hold(size)
            if not message.get("more_body", False):
                return b"".join(chunks)

    def _check_length(self, length: str) -> None:
        """Refuse a body at once if its Content-Length is too large."""
        if not length.isdecimal() or int(length) > self._most:
            raise RequestRejected(self._too_large())

    def _too_large(self) -> Problem:
        return replace(TOO_LARGE, message=f"The body is larger than {self._most:,} bytes.")


def body_reservation_of(scope: Mapping[str, Any]) -> BodyReservation:
    """The memory that the body of this ASGI scope's request takes."""
    reservation: BodyReservation = scope[BODY_RESERVATION]
    return reservation


class _ReplayBody:
    """An ASGI receive callable: the whole body as one message, then the client's next messages."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self.size = len(body)
        self._message: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        if self._message is None:
            return await self._receive()
        message, self._message = self._message, None
        return message
