"""Limits of uploads, whose bodies are read while they arrive: size, rate, and disk space."""

import asyncio
from dataclasses import replace

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.image_layouts import MAX_BYTES
from entrypoints.http.error_responses import send_problem
from entrypoints.http.problem_documents import Problem, RequestRejected
from entrypoints.http.security.body_limits import (
    MIN_BYTES_PER_SECOND,
    START_TIMEOUT,
    TOO_LARGE,
    TOO_SLOW,
    BodyMemoryBudget,
    BodyReservation,
)

UPLOADS = frozenset({"/uploads", "/masks"})
"""The paths whose bodies are files."""
MAX_UPLOAD_BYTES = 200_000_000
"""Of one request, all its images together."""
MAX_TOTAL_UPLOAD_BYTES = 5 * MAX_UPLOAD_BYTES
"""Bytes of requests on disk at once."""

IMAGE_TOO_LARGE = replace(
    TOO_LARGE,
    message=f"An image is larger than {MAX_BYTES:,} bytes.",
    hint="Scale the image down, or save it as JPEG.",
)
UPLOAD_TOO_LARGE = replace(
    TOO_LARGE,
    message=f"The images together are larger than {MAX_UPLOAD_BYTES:,} bytes.",
    hint="Send them in several requests.",
)
UPLOAD_TOO_SLOW = replace(TOO_SLOW, headers={"Connection": "close"})
NOT_AN_UPLOAD = Problem(
    status=415,
    code="unsupported_media_type",
    message="The Content-Type is neither multipart/form-data nor that of an image.",
    hint="Send a form with files, or one image with its type, such as Content-Type: image/jpeg.",
)


class UploadLimitMiddleware:
    """ASGI middleware that lets `app` read the bodies of uploads itself, within limits.

    All other requests go to `others`, and so do those that never have a body.
    """

    def __init__(
        self, app: ASGIApp, others: ASGIApp, *, start_timeout: float = START_TIMEOUT
    ) -> None:
        self._app = app
        self._others = others
        self._start_timeout = start_timeout
        self._budget = BodyMemoryBudget(MAX_TOTAL_UPLOAD_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_upload = scope["type"] == "http" and f"/{scope['path'].strip('/')}" in UPLOADS
        if not is_upload or scope["method"] != "POST":
            await self._others(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_UPLOAD_BYTES:
            await send_problem(UPLOAD_TOO_LARGE, scope, send)
            return
        reservation = BodyReservation(self._budget)
        try:
            body = LimitedBody(receive, reservation, start_timeout=self._start_timeout)
            await self._app(scope, body, send)
        finally:
            reservation.hold(0)


class LimitedBody:
    """An ASGI receive callable that passes a body on within limits, and holds none of it.

    It raises RequestRejected once the body has more than MAX_UPLOAD_BYTES, arrives more slowly
    than a body may, or exceeds what all uploads may take.
    """

    def __init__(
        self, receive: Receive, reservation: BodyReservation, *, start_timeout: float
    ) -> None:
        self._receive = receive
        self._reservation = reservation
        self._end = asyncio.get_running_loop().time() + start_timeout
        self._size = 0
        self._more = True

    async def __call__(self) -> Message:
        if not self._more:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._end + self._size / MIN_BYTES_PER_SECOND):
                message = await self._receive()
        except TimeoutError:
            raise RequestRejected(UPLOAD_TOO_SLOW) from None
        self._more = message.get("more_body", False)
        self._size += len(message.get("body", b""))
        if self._size > MAX_UPLOAD_BYTES:
            raise RequestRejected(UPLOAD_TOO_LARGE)
        self._reservation.hold(self._size)
        return message
