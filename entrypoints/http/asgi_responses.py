"""Responses as ASGI applications, which route handlers may return to Litestar."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:  # probes are answered before Litestar is loaded
    from litestar import types as litestar


@dataclass(frozen=True, slots=True)
class BytesResponse:
    """A whole response. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


async def no_response(_: Scope, __: Receive, ___: Send) -> None:
    """Send nothing, because the client has disconnected."""


def as_response(app: ASGIApp) -> "litestar.ASGIApp":
    """The same application; Litestar and Starlette only write the type in different ways."""
    return cast("litestar.ASGIApp", app)
