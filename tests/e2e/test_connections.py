"""Connections over real sockets: who is slow is closed, and who is not stays."""

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
    """The loop that the server runs on: it closes sockets in ways of its own."""
    return "asyncio", {"use_uvloop": sys.platform != "win32"}


class Hasty(Connection):
    """With times that a test can wait for."""

    header_timeout = 0.3
    write_timeout = 0.3
    min_write_rate = 100_000


class Crowded(Connection):
    """Two are enough."""

    max_connections = 2


class Answers:
    """An application that answers with `size` bytes in pieces, and knows how that ended."""

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


async def read_steadily(client: RawConnection, piece: int) -> int:
    """Read so many bytes each 20 ms to the end; tell how many came."""
    taken = 0
    with suppress(ConnectionError):
        while data := await client.reader.read(piece):
            taken += len(data)
            await asyncio.sleep(0.02)
    return taken


async def test_who_says_nothing_is_hung_up_on() -> None:
    async with listen(Answers(), Hasty) as port, connect(port) as client:
        assert await client.read_to_end() == b""


async def test_headers_that_come_byte_by_byte_are_hung_up_on() -> None:
    async with listen(Answers(), Hasty) as port, connect(port) as client:
        assert await client.drip(HEAD * 10, pause=0.02) == b""


@pytest.mark.parametrize("drip", [HEAD * 10, b"\r\n" * 100], ids=["headers", "empty lines"])
async def test_a_further_request_has_no_more_time_than_the_first(drip: bytes) -> None:
    async with listen(Answers(), Hasty) as port, connect(port) as client:
        await client.send(REQUEST)
        assert (await client.read_reply()).endswith(b"xx")
        assert await client.drip(drip, pause=0.02) == b""


async def test_what_a_refused_body_still_has_to_say_is_heard_for_a_while_only() -> None:
    async with listen(Answers(), Hasty) as port, connect(port) as client:
        await client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n1")
        await client.read_reply()
        assert await client.drip(b"x" * 200, pause=0.02) == b""


async def test_headers_without_end_are_refused() -> None:
    async with listen(Answers()) as port, connect(port) as client:
        await client.send(TOO_LARGE_HEAD)
        assert (await client.read_to_end()).startswith(b"HTTP/1.1 431 ")


async def test_headers_without_end_are_refused_behind_a_request_that_takes_long() -> None:
    asked = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        asked.set()
        while (await receive())["type"] != "http.disconnect":
            pass

    async with listen(endless) as port, connect(port) as client:
        await client.send(REQUEST)
        await asyncio.wait_for(asked.wait(), TIMEOUT)
        await client.send(TOO_LARGE_HEAD)
        assert (await client.read_to_end()).startswith(b"HTTP/1.1 431 ")


CHUNKED = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
ENDLESS = {
    "many trailers": b"0\r\n" + b"X-Tn: a\r\n" * 200_000,
    "one trailer": b"0\r\nX-Tn: " + b"a" * 2_000_000,
    "chunk extensions": b"2;" + b"a" * 2_000_000,
}


@pytest.mark.parametrize("rest", ENDLESS.values(), ids=ENDLESS)
async def test_what_is_no_part_of_a_body_is_refused_without_end(rest: bytes) -> None:
    async with listen(BodyLimitMiddleware(Answers())) as port, connect(port) as client:
        await client.send(CHUNKED)
        await client.send(rest)
        assert (await client.read_to_end()).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("rest", ENDLESS.values(), ids=ENDLESS)
async def test_behind_an_answer_that_came_early_there_is_nothing_without_end_either(
    rest: bytes,
) -> None:
    class Patient(Connection):
        header_timeout = 2 * TIMEOUT

    async with listen(Answers(), Patient) as port, connect(port) as client:
        await client.send(CHUNKED)
        assert (await client.read_reply()).endswith(b"xx")
        await client.send(rest)
        assert await client.read_to_end() == b""


async def test_trailers_are_passed_over_and_a_further_request_is_served() -> None:
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await Answers()(scope, receive, send)

    async with listen(BodyLimitMiddleware(app)) as port, connect(port) as client:
        for _ in range(2):
            await client.send(CHUNKED + b"0\r\nX-Tn: a\r\nExpect: 100-continue\r\n\r\n")
            assert (await client.read_reply()).endswith(b"xx")
    heads = [dict(scope["headers"]) for scope in scopes]
    assert [sorted(head) for head in heads] == [[b"host", b"transfer-encoding"]] * 2


async def test_requests_may_follow_large_bodies_and_each_other() -> None:
    body = b"x" * 1_000_000
    post = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + body
    async with listen(Answers()) as port, connect(port) as client:
        await client.send(post * 3 + REQUEST * 3)
        for _ in range(6):
            assert (await client.read_reply()).endswith(b"xx")


async def test_who_leaves_before_answers_to_requests_sent_together_ends_them_quietly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Answers(1_000_000)
    async with listen(app, Hasty, SMALL_BUFFER) as port, connect(port, SMALL_BUFFER) as client:
        await client.send(REQUEST * 3)
        await asyncio.wait_for(app.left.wait(), TIMEOUT)
    assert caplog.text == ""


async def test_thousands_of_requests_at_once_are_refused() -> None:
    async with listen(Answers()) as port, connect(port) as client:
        await client.send(b"GET / HTTP/1.1\r\n\r\n" * 5000)
        assert b"HTTP/1.1 400 " in await client.read_to_end()


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [(b"\x16\x03\x01 no HTTP\r\n\r\n", 400, "not_http"), (TOO_LARGE_HEAD, 431, "head_too_large")],
    ids=["no HTTP", "large headers"],
)
async def test_what_is_no_request_is_answered_with_a_problem_too(
    said: bytes, status: int, code: str
) -> None:
    async with listen(Answers()) as port, connect(port) as client:
        await client.send(said)
        answer = await client.read_reply()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert b"content-type: application/problem+json" in head
        assert b"connection: close" in head
        assert (json.loads(body)["status"], json.loads(body)["code"]) == (status, code)
        assert await client.read_to_end() == b""


async def test_an_answer_may_take_longer_than_the_headers() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(2 * Hasty.header_timeout)
        await Answers()(scope, receive, send)

    async with listen(slow, Hasty) as port, connect(port) as client:
        await client.send(REQUEST)
        assert (await client.read_reply()).endswith(b"xx")


async def test_who_reads_nothing_of_a_long_answer_is_cut_off() -> None:
    app = Answers(100_000, 100)
    async with listen(app, Hasty) as port, connect(port, SMALL_BUFFER) as client:
        await client.send(REQUEST)
        await asyncio.wait_for(app.left.wait(), TIMEOUT)
        assert len(await client.read_to_end()) < 10_000_000
        assert client.was_reset


async def test_who_reads_too_little_of_a_long_answer_is_cut_off() -> None:
    app = Answers(1_000_000, 4)
    async with listen(app, Hasty, SMALL_BUFFER) as port, connect(port, SMALL_BUFFER) as client:
        await client.send(REQUEST)
        reading = asyncio.create_task(read_steadily(client, 1000))
        await asyncio.wait_for(app.left.wait(), TIMEOUT)
        assert await reading < 4_000_000


@pytest.mark.parametrize(("size", "pieces"), [(600_000, 1), (100_000, 6)], ids=["whole", "pieces"])
async def test_who_reads_slowly_but_steadily_gets_the_whole_answer(size: int, pieces: int) -> None:
    class Patient(Hasty):
        write_timeout = 0.8  # longer than this process is ever held up

    app = Answers(size, pieces, (b"connection", b"close"))
    async with listen(app, Patient, SMALL_BUFFER) as port, connect(port, SMALL_BUFFER) as client:
        await client.send(REQUEST)
        assert await read_steadily(client, 10_000) > 600_000


@pytest.mark.parametrize("closing", [False, True], ids=["kept alive", "closing"])
async def test_who_does_not_take_the_last_bytes_is_cut_off(closing: bool) -> None:
    lost = asyncio.Event()

    class Watched(Hasty):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            lost.set()

    app = Answers(60_000, 1, *([(b"connection", b"close")] if closing else []))
    async with listen(app, Watched, SMALL_BUFFER) as port, connect(port, SMALL_BUFFER) as client:
        await client.send(REQUEST)
        await asyncio.wait_for(app.left.wait(), TIMEOUT)  # for the application all is said
        assert not lost.is_set()
        await asyncio.wait_for(lost.wait(), TIMEOUT)
        assert len(await client.read_to_end()) < 60_000


async def test_of_too_many_clients_the_last_are_told_to_come_back() -> None:
    async with (
        listen(Answers(), Crowded) as port,
        connect(port),
        connect(port),
        connect(port) as third,
    ):
        await third.send(REQUEST)
        answer = await third.read_reply()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5\r\n" in answer
        assert b'"code":"busy"' in answer


async def test_whoever_watches_is_answered_in_any_crowd() -> None:
    async with (
        listen(Answers(), Crowded) as port,
        connect(port),
        connect(port),
        connect(port) as third,
    ):
        await third.send(REQUEST.replace(b"GET /", b"GET /livez"))
        assert (await third.read_reply()).startswith(b"HTTP/1.1 200 ")


async def test_room_is_free_again_when_somebody_leaves() -> None:
    async with listen(Answers(), Crowded) as port, connect(port) as first:
        async with connect(port):
            pass
        await first.send(REQUEST)
        await first.read_reply()
        async with connect(port) as second:
            await second.send(REQUEST)
            assert (await second.read_reply()).startswith(b"HTTP/1.1 200 ")


async def test_beyond_twice_as_many_nobody_is_let_in() -> None:
    async with (
        listen(Answers(), Crowded) as port,
        connect(port),
        connect(port),
        connect(port),
        connect(port),
        connect(port) as fifth,
    ):
        await fifth.send(REQUEST)
        assert await fifth.read_to_end() == b""
