"""Bodies over real sockets: their size, their pace, and how many fit at once."""

import asyncio
import json
import struct
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from zlib import crc32

import pytest
from starlette.types import Receive, Scope, Send

from domain.requests import MAX_INPUT_BYTES
from entrypoints.http.security import body_limits
from entrypoints.http.security.body_limits import (
    MAX_BODY_BYTES,
    MIN_BYTES_PER_SECOND,
    BodyLimitMiddleware,
)
from tests.e2e.loopback_server import serve
from tests.e2e.mcp_http import connect_over_http
from tests.e2e.raw_connections import TIMEOUT, RawConnection, connect, listen
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults
from tests.testkit.fakes import PNG, settings_in

pytestmark = pytest.mark.anyio

PATHS = ["/mcp/stream", "/images", "/mcp"]
JSON = b"Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
PIECE = b"x" * 1_000_000


def head(path: str, more: bytes) -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: localhost\r\n%b%b\r\n" % (path.encode(), JSON, more)


def of_length(length: int) -> bytes:
    return b"Content-Length: %d\r\n" % length


async def hears_how_much(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers with the size of what it was sent."""
    body = (await receive())["body"]
    answer = b"%d" % len(body)
    headers = [(b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


async def chunks(client: RawConnection, size: int) -> None:
    """Send about so many bytes of a body whose length was not said."""
    for _ in range(size // len(PIECE)):
        await client.send(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
    await client.send(b"0\r\n\r\n")


async def test_a_body_that_comes_byte_by_byte_is_hung_up_on_with_a_word() -> None:
    app = BodyLimitMiddleware(hears_how_much, start_timeout=0.3)
    async with listen(app) as port, connect(port) as client:
        await client.send(head("/", of_length(60_000_000)))
        answer = await client.drip(b"x" * 200, pause=0.02)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"too_slow"' in answer


async def test_a_body_that_comes_at_a_fair_pace_may_take_its_time() -> None:
    app = BodyLimitMiddleware(hears_how_much, start_timeout=0.8)
    piece, pieces = MIN_BYTES_PER_SECOND // 4, 8
    async with listen(app) as port, connect(port) as client:
        await client.send(head("/", of_length(piece * pieces)))
        for _ in range(pieces):
            await client.send(b"x" * piece)
            await asyncio.sleep(0.15)
        assert (await client.read_reply()).endswith(b"%d" % (piece * pieces))


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> int:
    """Room for four bodies of 100 kB."""
    monkeypatch.setattr(body_limits, "MAX_TOTAL_BODY_BYTES", 400_000)
    return 100_000


async def test_of_too_many_bodies_at_once_the_last_is_told_to_come_back(little_room: int) -> None:
    whole = head("/", of_length(little_room)) + b"x" * little_room
    async with (
        listen(BodyLimitMiddleware(hears_how_much)) as port,
        AsyncExitStack() as stack,
    ):
        clients = [await stack.enter_async_context(connect(port)) for _ in range(5)]
        for client in clients[:4]:
            await client.send(whole[:-1])
        answer = b""
        async with asyncio.timeout(TIMEOUT):
            while not answer.startswith(b"HTTP/1.1 503 "):
                await clients[4].send(whole)
                answer = await clients[4].read_reply()
            assert b"retry-after: 5\r\n" in answer

            await clients[3].disconnect()
            while not answer.startswith(b"HTTP/1.1 200 "):
                await clients[4].send(whole)
                answer = await clients[4].read_reply()


async def test_what_is_only_announced_takes_no_room() -> None:
    whole = head("/", of_length(100_000)) + b"x" * 100_000
    async with (
        listen(BodyLimitMiddleware(hears_how_much)) as port,
        AsyncExitStack() as stack,
    ):
        for _ in range(5):
            client = await stack.enter_async_context(connect(port))
            await client.send(head("/", of_length(MAX_BODY_BYTES) + b"Expect: 100-continue\r\n"))
            assert await client.reader.readline() == b"HTTP/1.1 100 Continue\r\n"
        last = await stack.enter_async_context(connect(port))
        await last.send(whole)
        assert (await last.read_reply()).startswith(b"HTTP/1.1 200 ")


async def test_small_bodies_of_unknown_length_need_no_room() -> None:
    async with (
        listen(BodyLimitMiddleware(hears_how_much)) as port,
        AsyncExitStack() as stack,
    ):
        clients = [await stack.enter_async_context(connect(port)) for _ in range(6)]
        for client in clients:
            await client.send(head("/", CHUNKED) + b"5\r\nhello\r\n")
        for client in clients:
            await client.send(b"0\r\n\r\n")
            assert (await client.read_reply()).endswith(b"\r\n5")


async def test_a_picture_that_is_being_changed_takes_less_room_than_one_that_comes(
    little_room: int, openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.hang()
    async with serve(settings_for(openai_api, tmp_path, shutdown_grace=0)) as url:
        port = int(url.rpartition(":")[2])
        async with AsyncExitStack() as stack:
            for number in range(6):
                client = await stack.enter_async_context(connect(port))
                body = edit_of(picture_of(little_room), f"greener, {number}")
                await client.send(head("/images", of_length(len(body))) + body)
                await asyncio.to_thread(openai_api.wait_for_calls, number + 1)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[int]:
    """The port of the whole server."""
    settings = settings_in(tmp_path_factory.mktemp("uploads"), provider="sketch")
    async with serve(settings) as url:
        yield int(url.rpartition(":")[2])


def picture_of(size: int) -> bytes:
    """A PNG of so many bytes: a small one with a chunk that means nothing."""
    head, end = PNG.data[:-12], PNG.data[-12:]
    chunk = b"fiLl" + b"x" * (size - len(PNG.data) - 12)
    filling = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", crc32(chunk))
    return head + filling + end


def edit_of(data: bytes, prompt: str) -> bytes:
    """What is asked of POST /images."""
    return json.dumps({"prompt": prompt, "images": [b64encode(data).decode()]}).encode()


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_that_says_it_is_too_large_is_refused(path: str, door: int) -> None:
    async with connect(door) as client:
        await client.send(head(path, of_length(MAX_BODY_BYTES + 1)))
        answer = await client.read_reply()
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b'"code":"too_large"' in answer


@pytest.mark.parametrize("path", PATHS)
async def test_a_picture_of_60_mb_is_refused_and_its_sender_gets_to_read_why(
    path: str, door: int
) -> None:
    size = 80_000_000
    async with connect(door) as client:
        await client.send(head(path, of_length(size)))
        for _ in range(size // len(PIECE)):
            await client.send(PIECE)
        assert (await client.read_reply()).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_that_becomes_too_large_is_refused(path: str, door: int) -> None:
    async with connect(door) as client:
        await client.send(head(path, CHUNKED))
        await chunks(client, 80_000_000)
        assert (await client.read_reply()).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("path", "more"),
    [*((path, b"") for path in PATHS), ("/mcp", b"MCP-Protocol-Version: 2026-07-28\r\n")],
)
@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000],
    ids=["arrays", "objects"],
)
async def test_json_that_is_nested_too_deep_is_a_bad_request(
    path: str, more: bytes, body: bytes, door: int
) -> None:
    async with connect(door) as client:
        await client.send(head(path, more + of_length(len(body))) + body)
        assert (await client.read_reply()).startswith(b"HTTP/1.1 400 ")


async def test_a_picture_of_50_mb_is_edited(door: int) -> None:
    body = edit_of(picture_of(MAX_INPUT_BYTES - 1), "greener")
    async with connect(door) as client:
        await client.send(
            head("/mcp/stream", of_length(len(body)) + b"Connection: close\r\n") + body
        )
        assert b'data: {"type":"complete"' in await client.read_to_end()


async def test_50_mb_that_are_no_picture_pass_over_mcp_too(door: int) -> None:
    images = [b64encode(bytes(MAX_INPUT_BYTES - 1)).decode()]
    async with connect_over_http(f"http://127.0.0.1:{door}") as client:
        result = await client.call_tool("edit_image", {"prompt": "greener", "images": images})
    assert "Error unreadable_image" in str(result.content)


async def test_who_is_turned_away_with_a_large_body_gets_to_read_why(door: int) -> None:
    size = 20_000_000
    async with connect(door) as client:
        await client.send(head("/images", of_length(size)).replace(b"localhost", b"evil.example"))
        for _ in range(size // len(PIECE)):
            await client.send(PIECE)
        assert (await client.read_reply()).startswith(b"HTTP/1.1 421 ")
