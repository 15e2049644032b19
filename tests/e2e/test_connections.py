"""Connection limits over real sockets: slow clients are disconnected, others are not."""

import asyncio
import json
import sys
from contextlib import suppress

import pytest
from starlette.types import Receive, Scope, Send

from entrypoints.http.connection_limits import Connection
from entrypoints.http.security.body_limits import BodyLimitMiddleware
from tests.e2e.raw_connections import TIMEOUT, RawConnection, connect, listen

pytestmark = pytest.mark.anyio

HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
REQUEST = HEAD + b"\r\n"
TOO_LARGE_HEAD = HEAD + b"X-Flood: " + b"x" * (Connection.max_head_bytes - len(HEAD) - 8)
SMALL_BUFFER = 4096


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The server's event loop: uvloop closes sockets in its own way."""
    return "asyncio", {"use_uvloop": sys.platform != "win32"}


class Hasty(Connection):
    """Its timeouts are short enough for a test."""

    header_timeout = 0.3
    write_timeout = 0.3
    min_write_rate = 100_000


class Crowded(Connection):
    """Accepts two connections."""

    max_connections = 2


class Replies:
    """An application that replies with `pieces` of `size` bytes; `left` is set at its end."""

    def __init__(self, size: int = 2, pieces: int = 1, *headers: tuple[bytes, bytes]) -> None:
        self.size, self.pieces, self.headers = size, pieces, headers
        self.left = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = (b"content-length", str(self.size * self.pieces).encode())
        headers = [length, *self.headers]
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for left in reversed(range(self.pieces)):
            body = b"x" * self.size
            await send({"type": "http.response.body", "body": body, "more_body": left > 0})
        await receive()
        self.left.set()


OK = Replies()


async def read_steadily(client: RawConnection, piece: int) -> int:
    """Read `piece` bytes each 20 ms to the end; return the number of bytes."""
    total = 0
    with suppress(ConnectionError):
        while data := await client.reader.read(piece):
            total += len(data)
            await asyncio.sleep(0.02)
    return total


async def test_a_silent_client_is_disconnected() -> None:
    async with listen(OK, Hasty) as port, connect(port) as client:
        assert await client.read_to_end() == b""


async def test_a_client_that_sends_headers_byte_by_byte_is_disconnected() -> None:
    async with listen(OK, Hasty) as port, connect(port) as client:
        assert await client.drip(HEAD * 10, pause=0.02) == b""


@pytest.mark.parametrize("drip", [HEAD * 10, b"\r\n" * 100], ids=["headers", "empty lines"])
async def test_a_further_request_has_the_same_timeout_as_the_first(drip: bytes) -> None:
    async with listen(OK, Hasty) as port, connect(port) as client:
        await client.send(REQUEST)
        assert (await client.read_reply()).endswith(b"xx")
        assert await client.drip(drip, pause=0.02) == b""


async def test_the_rest_of_a_rejected_body_is_read_for_a_limited_time() -> None:
    async with listen(OK, Hasty) as port, connect(port) as client:
        await client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n1")
        await client.read_reply()
        assert await client.drip(b"x" * 200, pause=0.02) == b""


async def test_endless_headers_are_rejected() -> None:
    async with listen(OK) as port, connect(port) as client:
        await client.send(TOO_LARGE_HEAD)
        assert (await client.read_to_end()).startswith(b"HTTP/1.1 431 ")


async def test_endless_headers_are_rejected_behind_a_long_request() -> None:
    called = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        called.set()
        while (await receive())["type"] != "http.disconnect":
            pass

    async with listen(endless) as port, connect(port) as client:
        await client.send(REQUEST)
        await asyncio.wait_for(called.wait(), TIMEOUT)
        await client.send(TOO_LARGE_HEAD)
        assert (await client.read_to_end()).startswith(b"HTTP/1.1 431 ")


CHUNKED = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
ENDLESS = {
    "many trailers": b"0\r\n" + b"X-Tn: a\r\n" * 200_000,
    "one trailer": b"0\r\nX-Tn: " + b"a" * 2_000_000,
    "chunk extensions": b"2;" + b"a" * 2_000_000,
}


@pytest.mark.parametrize("rest", ENDLESS.values(), ids=ENDLESS)
async def test_endless_trailers_and_extensions_are_rejected(rest: bytes) -> None:
    async with listen(BodyLimitMiddleware(OK)) as port, connect(port) as client:
        await client.send(CHUNKED)
        await client.send(rest)
        assert (await client.read_to_end()).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("rest", ENDLESS.values(), ids=ENDLESS)
async def test_endless_trailers_after_an_early_reply_end_the_connection(rest: bytes) -> None:
    class Patient(Connection):
        header_timeout = 2 * TIMEOUT

    async with listen(OK, Patient) as port, connect(port) as client:
        await client.send(CHUNKED)
        assert (await client.read_reply()).endswith(b"xx")
        await client.send(rest)
        assert await client.read_to_end() == b""


async def test_trailers_are_ignored_and_a_further_request_is_served() -> None:
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await OK(scope, receive, send)

    async with listen(BodyLimitMiddleware(app)) as port, connect(port) as client:
        for _ in range(2):
            await client.send(CHUNKED + b"0\r\nX-Tn: a\r\nExpect: 100-continue\r\n\r\n")
            assert (await client.read_reply()).endswith(b"xx")
    heads = [dict(scope["headers"]) for scope in scopes]
    assert [sorted(head) for head in heads] == [[b"host", b"transfer-encoding"]] * 2


async def test_requests_may_follow_large_bodies_and_each_other() -> None:
    body = b"x" * 1_000_000
    post = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + body
    async with listen(OK) as port, connect(port) as client:
        await client.send(post * 3 + REQUEST * 3)
        for _ in range(6):
            assert (await client.read_reply()).endswith(b"xx")


async def test_a_disconnect_before_the_replies_of_pipelined_requests_logs_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Replies(1_000_000)
    async with listen(app, Hasty, SMALL_BUFFER) as port, connect(port, SMALL_BUFFER) as client:
        await client.send(REQUEST * 3)
        await asyncio.wait_for(app.left.wait(), TIMEOUT)
    assert caplog.text == ""


async def test_thousands_of_pipelined_requests_are_rejected() -> None:
    async with listen(OK) as port, connect(port) as client:
        await client.send(b"GET / HTTP/1.1\r\n\r\n" * 5000)
        assert b"HTTP/1.1 400 " in await client.read_to_end()


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [(b"\x16\x03\x01 no HTTP\r\n\r\n", 400, "not_http"), (TOO_LARGE_HEAD, 431, "head_too_large")],
    ids=["no HTTP", "large headers"],
)
async def test_a_malformed_request_gets_a_problem(sent: bytes, status: int, code: str) -> None:
    async with listen(OK) as port, connect(port) as client:
        await client.send(sent)
        reply = await client.read_reply()
        head, _, body = reply.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert b"content-type: application/problem+json" in head
        assert b"connection: close" in head
        assert (json.loads(body)["status"], json.loads(body)["code"]) == (status, code)
        assert await client.read_to_end() == b""


async def test_a_reply_may_take_longer_than_the_header_timeout() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(2 * Hasty.header_timeout)
        await OK(scope, receive, send)

    async with listen(slow, Hasty) as port, connect(port) as client:
        await client.send(REQUEST)
        assert (await client.read_reply()).endswith(b"xx")


async def test_a_client_that_reads_nothing_of_a_long_reply_is_disconnected() -> None:
    app = Replies(100_000, 100)
    async with listen(app, Hasty) as port, connect(port, SMALL_BUFFER) as client:
        await client.send(REQUEST)
        await asyncio.wait_for(app.left.wait(), TIMEOUT)
        assert len(await client.read_to_end()) < 10_000_000
        assert client.was_reset


async def test_a_client_that_reads_too_slowly_is_disconnected() -> None:
    app = Replies(1_000_000, 4)
    async with listen(app, Hasty, SMALL_BUFFER) as port, connect(port, SMALL_BUFFER) as client:
        await client.send(REQUEST)
        reading = asyncio.create_task(read_steadily(client, 1000))
        await asyncio.wait_for(app.left.wait(), TIMEOUT)
        assert await reading < 4_000_000


@pytest.mark.parametrize(("size", "pieces"), [(600_000, 1), (100_000, 6)], ids=["whole", "pieces"])
async def test_a_slow_but_steady_reader_gets_the_whole_reply(size: int, pieces: int) -> None:
    class Patient(Hasty):
        write_timeout = 0.8  # longer than any pause of this process

    app = Replies(size, pieces, (b"connection", b"close"))
    async with listen(app, Patient, SMALL_BUFFER) as port, connect(port, SMALL_BUFFER) as client:
        await client.send(REQUEST)
        assert await read_steadily(client, 10_000) > 600_000


@pytest.mark.parametrize("closing", [False, True], ids=["kept alive", "closing"])
async def test_a_client_that_does_not_read_the_last_bytes_is_disconnected(closing: bool) -> None:
    lost = asyncio.Event()

    class Watched(Hasty):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            lost.set()

    app = Replies(60_000, 1, *([(b"connection", b"close")] if closing else []))
    async with listen(app, Watched, SMALL_BUFFER) as port, connect(port, SMALL_BUFFER) as client:
        await client.send(REQUEST)
        await asyncio.wait_for(app.left.wait(), TIMEOUT)  # the application has sent everything
        assert not lost.is_set()
        await asyncio.wait_for(lost.wait(), TIMEOUT)
        assert len(await client.read_to_end()) < 60_000


async def test_a_client_above_the_limit_gets_503_with_retry_after() -> None:
    async with listen(OK, Crowded) as port, connect(port), connect(port), connect(port) as third:
        await third.send(REQUEST)
        reply = await third.read_reply()
        assert reply.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5\r\n" in reply
        assert b'"code":"busy"' in reply


async def test_a_probe_gets_a_reply_above_the_limit() -> None:
    async with listen(OK, Crowded) as port, connect(port), connect(port), connect(port) as third:
        await third.send(REQUEST.replace(b"GET /", b"GET /livez"))
        assert (await third.read_reply()).startswith(b"HTTP/1.1 200 ")


async def test_a_disconnect_frees_a_connection() -> None:
    async with listen(OK, Crowded) as port, connect(port) as first:
        async with connect(port):
            pass
        await first.send(REQUEST)
        await first.read_reply()
        async with connect(port) as second:
            await second.send(REQUEST)
            assert (await second.read_reply()).startswith(b"HTTP/1.1 200 ")


async def test_connections_above_twice_the_limit_are_closed_at_once() -> None:
    async with (
        listen(OK, Crowded) as port,
        connect(port),
        connect(port),
        connect(port),
        connect(port),
        connect(port) as fifth,
    ):
        await fifth.send(REQUEST)
        assert await fifth.read_to_end() == b""
