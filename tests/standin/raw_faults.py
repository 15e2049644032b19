"""Replies as raw bytes: redirects, odd statuses, drips, and bodies without an end.

In the bytes `{key}` becomes the received key, `{key64}` its base64, `{key%}` its form in a URL.
Nothing is generated or charged.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count
from urllib.parse import quote

from aiohttp import web

from tests.standin.calls import Call
from tests.standin.faults import Fault

END = b"\r\n\r\n"
ENDLESS_PAUSE = 0.02
"""Seconds between the pieces of a reply without an end: 50 of them reset a timeout in a second."""


@dataclass(frozen=True, kw_only=True)
class Raw(Fault):
    """Answer with these bytes and close the connection.

    Before that, send `endless` every `pause` seconds until the client disconnects; with an empty
    one the connection is silent. None: do not wait.
    """

    start: bytes
    endless: bytes | None = None
    pause: float = ENDLESS_PAUSE


def raw(start: bytes, *, endless: bytes | None = None, pause: float = ENDLESS_PAUSE) -> Raw:
    """Answer with these bytes, and then with `endless` until the client disconnects."""
    return Raw(start=start, endless=endless, pause=pause)


def head(code: int, *headers: str) -> bytes:
    """The head of a reply with these lines as headers."""
    lines = [f"HTTP/1.1 {code} Odd", *headers]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + END


def redirect(code: int, location: str | None = None) -> Raw:
    """Redirect there; without a location, only the status of a redirect."""
    where = [] if location is None else [f"location: {location}"]
    return raw(head(code, *where, "content-length: 0"))


def body(content: bytes, *headers: str, code: int = 200, kind: str = "application/json") -> Raw:
    """A whole reply with this body, which ends with the connection."""
    return raw(head(code, f"content-type: {kind}", "connection: close", *headers) + content)


def page(value: object, *headers: str, code: int = 200) -> Raw:
    """A whole reply with this value as JSON."""
    return body(json.dumps(value).encode(), *headers, code=code)


def refusal(error: Mapping[str, object], *headers: str, code: int = 400) -> Raw:
    """A refusal with this error in the envelope."""
    return page({"error": error}, *headers, code=code)


def stream(*pieces: bytes, endless: bytes | None = None) -> Raw:
    """A stream of events with these bytes as its body, which ends with the connection."""
    start = head(200, "content-type: text/event-stream", "connection: close")
    return raw(start + b"".join(pieces), endless=endless)


def event(value: object) -> bytes:
    """One event of a stream."""
    return b"data: %s\n\n" % json.dumps(value).encode()


async def send_raw(request: web.Request, call: Call, fault: Raw) -> web.StreamResponse:
    """Write the bytes. Raises ConnectionError once the client of an endless reply disconnects."""
    connection = request.transport
    assert connection is not None
    key = call.headers.get("authorization", "").removeprefix("Bearer ")
    for piece in _pieces(fault):
        connection.write(_with_key(piece, key))
        await asyncio.sleep(fault.pause if fault.endless is not None else 0)
        if connection.is_closing():
            raise ConnectionResetError
    connection.close()
    return web.Response()


def _pieces(fault: Raw) -> Iterator[bytes]:
    endless = fault.endless
    rest = () if endless is None else (endless for _ in count())
    return chain((fault.start,), rest)


def _with_key(piece: bytes, key: str) -> bytes:
    for mark, form in (
        (b"{key}", key.encode()),
        (b"{key64}", b64encode(key.encode())),
        (b"{key%}", quote(key, safe="").encode()),
    ):
        piece = piece.replace(mark, form)
    return piece
