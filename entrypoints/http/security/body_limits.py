"""How much may be sent to us at once, and how slowly."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import Busy
from entrypoints.http.problem_documents import Problem, RequestRejected, problem_of, send_problem

MAX_BODY_BYTES = 70 * 1024 * 1024
"""Bytes: a picture of 50 MB as base64, and words beside it."""
MAX_TOTAL_BODY_BYTES = 4 * MAX_BODY_BYTES
"""Bytes of bodies that are held at once; a body becomes about three times that while it is read."""
READ_TIMEOUT = 4
"""What was read and decoded takes one part in so many of what it took before."""
SMALL = 64 * 1024
"""Bytes that need no place."""
START_TIMEOUT = 20.0
MIN_BYTES_PER_SECOND = 200_000
"""The next of a body must come within so many seconds, and one more for so many bytes so far."""

TOO_LARGE = Problem(
    status=413,
    code="too_large",
    message=f"The body has more than {MAX_BODY_BYTES:,} bytes.",
    hint="Send smaller pictures, or the img_… ids of pictures that are here already.",
)
TOO_SLOW = Problem(
    status=408, code="too_slow", message="The body took too long.", hint="Send it at once."
)
CROWDED = "Too much is being sent to this server at once."
BODY_RESERVATION = "gpt_image.place"
"""Where an ASGI scope carries the Place of its body."""


class BodyMemoryBudget:
    """How much of all bodies is here."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0


class BodyReservation:
    """What one body takes of the budget: nothing while it is small, then as much as is here."""

    def __init__(self, budget: BodyMemoryBudget) -> None:
        self._budget = budget
        self._size = 0

    def hold(self, size: int) -> None:
        """Take so many bytes instead of those so far; raise Refused where there is no room."""
        more = (size if size > SMALL else 0) - self._size
        if more > 0 and self._budget.held + more > self._budget.most:
            raise RequestRejected(problem_of(Busy(CROWDED, retry_after=5.0)))
        self._budget.held += more
        self._size += more

    def read(self) -> None:
        """The body was read and let go; what was decoded of it stays."""
        self.hold(self._size // READ_TIMEOUT)


class BodyLimitMiddleware:
    """ASGI middleware: bodies within a size, a budget of bytes for all of them, and a time.

    A body is here as a whole before the application hears of it, so that every route refuses
    the same bodies with the same words. It takes its place as it comes, so that announcing much
    costs others nothing, and gives most of it back where its Place is told that it was read. Who
    sends one too slowly is disconnected; the rest of one that is too large is let run into the
    void, so that its sender gets to read why.
    """

    def __init__(self, app: ASGIApp, *, slowest_start: float = START_TIMEOUT) -> None:
        self._app = app
        self._slowest_start = slowest_start
        self._budget = BodyMemoryBudget(MAX_TOTAL_BODY_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self._app(scope, receive, send)
            return
        place = scope[BODY_RESERVATION] = BodyReservation(self._budget)
        try:
            whole = await self._read(Headers(scope=scope), receive, place)
            if isinstance(whole, Problem):
                place.hold(0)
                await send_problem(whole, send, close=whole is TOO_SLOW)
            elif whole is not None:
                await self._app(scope, whole, send)
        finally:
            place.hold(0)

    async def _read(
        self, headers: Headers, receive: Receive, place: BodyReservation
    ) -> "_ReplayBody | Problem | None":
        """The body, why it is refused, or None if the client left."""
        try:
            _check_length(headers.get("content-length", "0"))
            body = await self._body(receive, place)
        except RequestRejected as refused:
            return refused.problem
        return None if body is None else _ReplayBody(body, receive)

    async def _body(self, receive: Receive, place: BodyReservation) -> bytes | None:
        start, size, pieces = asyncio.get_running_loop().time(), 0, []
        while True:
            try:
                async with asyncio.timeout_at(
                    start + self._slowest_start + size / MIN_BYTES_PER_SECOND
                ):
                    message = await receive()
            except TimeoutError:
                raise RequestRejected(TOO_SLOW) from None
            if message["type"] != "http.request":
                return None
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > MAX_BODY_BYTES:
                raise RequestRejected(TOO_LARGE)
            place.hold(size)
            if not message.get("more_body", False):
                return b"".join(pieces)


def body_reservation_of(scope: Mapping[str, Any]) -> BodyReservation:
    """The memory that the body of this ASGI scope's request takes."""
    reservation: BodyReservation = scope[BODY_RESERVATION]
    return reservation


class _ReplayBody:
    """Gives the whole body at once, and after that whatever else is received."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        if self._message is None:
            return await self._receive()
        message, self._message = self._message, None
        return message


def _check_length(length: str) -> None:
    """Refuse at once what says that it will be too large."""
    if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
        raise RequestRejected(TOO_LARGE)
