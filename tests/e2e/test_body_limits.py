"""Request bodies over real sockets: limits of size, pace and total memory."""

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
CHUNK = b"x" * 1_000_000


def head(path: str, more: bytes) -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: localhost\r\n%b%b\r\n" % (path.encode(), JSON, more)


def of_length(length: int) -> bytes:
    return b"Content-Length: %d\r\n" % length


async def reply_with_size(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that replies with the size of the body."""
    body = (await receive())["body"]
    reply = b"%d" % len(body)
    headers = [(b"content-length", b"%d" % len(reply))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": reply})


async def send_chunks(client: RawConnection, size: int) -> None:
    """Send a chunked body of about `size` bytes."""
    for _ in range(size // len(CHUNK)):
        await client.send(b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK))
    await client.send(b"0\r\n\r\n")


async def test_a_body_sent_byte_by_byte_gets_a_problem_and_is_cut_off() -> None:
    app = BodyLimitMiddleware(reply_with_size, start_timeout=0.3)
    async with listen(app) as port, connect(port) as client:
        await client.send(head("/", of_length(60_000_000)))
        reply = await client.drip(b"x" * 200, pause=0.02)
        assert reply.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"too_slow"' in reply


async def test_a_body_at_the_minimum_pace_is_accepted() -> None:
    app = BodyLimitMiddleware(reply_with_size, start_timeout=0.8)
    chunk, count = MIN_BYTES_PER_SECOND // 4, 8
    async with listen(app) as port, connect(port) as client:
        await client.send(head("/", of_length(chunk * count)))
        for _ in range(count):
            await client.send(b"x" * chunk)
            await asyncio.sleep(0.15)
        assert (await client.read_reply()).endswith(b"%d" % (chunk * count))


@pytest.fixture
def body_size(monkeypatch: pytest.MonkeyPatch) -> int:
    """Memory for four bodies of this size, 100 kB."""
    monkeypatch.setattr(body_limits, "MAX_TOTAL_BODY_BYTES", 400_000)
    return 100_000


async def test_a_body_above_the_memory_limit_gets_503_with_retry_after(body_size: int) -> None:
    whole = head("/", of_length(body_size)) + b"x" * body_size
    async with (
        listen(BodyLimitMiddleware(reply_with_size)) as port,
        AsyncExitStack() as stack,
    ):
        clients = [await stack.enter_async_context(connect(port)) for _ in range(5)]
        for client in clients[:4]:
            await client.send(whole[:-1])
        reply = b""
        async with asyncio.timeout(TIMEOUT):
            while not reply.startswith(b"HTTP/1.1 503 "):
                await clients[4].send(whole)
                reply = await clients[4].read_reply()
            assert b"retry-after: 5\r\n" in reply

            await clients[3].disconnect()
            while not reply.startswith(b"HTTP/1.1 200 "):
                await clients[4].send(whole)
                reply = await clients[4].read_reply()


async def test_an_announced_body_takes_no_memory() -> None:
    whole = head("/", of_length(100_000)) + b"x" * 100_000
    async with (
        listen(BodyLimitMiddleware(reply_with_size)) as port,
        AsyncExitStack() as stack,
    ):
        for _ in range(5):
            client = await stack.enter_async_context(connect(port))
            await client.send(head("/", of_length(MAX_BODY_BYTES) + b"Expect: 100-continue\r\n"))
            assert await client.reader.readline() == b"HTTP/1.1 100 Continue\r\n"
        last = await stack.enter_async_context(connect(port))
        await last.send(whole)
        assert (await last.read_reply()).startswith(b"HTTP/1.1 200 ")


async def test_small_bodies_of_unknown_length_take_no_memory() -> None:
    async with (
        listen(BodyLimitMiddleware(reply_with_size)) as port,
        AsyncExitStack() as stack,
    ):
        clients = [await stack.enter_async_context(connect(port)) for _ in range(6)]
        for client in clients:
            await client.send(head("/", CHUNKED) + b"5\r\nhello\r\n")
        for client in clients:
            await client.send(b"0\r\n\r\n")
            assert (await client.read_reply()).endswith(b"\r\n5")


async def test_a_running_edit_takes_less_memory_than_an_incoming_body(
    body_size: int, openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.hang()
    async with serve(settings_for(openai_api, tmp_path, shutdown_grace=0)) as url:
        port = int(url.rpartition(":")[2])
        async with AsyncExitStack() as stack:
            for number in range(6):
                client = await stack.enter_async_context(connect(port))
                body = edit_body(png_of(body_size), f"greener, {number}")
                await client.send(head("/images", of_length(len(body))) + body)
                await asyncio.to_thread(openai_api.wait_for_calls, number + 1)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def server_port(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[int]:
    """The port of a whole server."""
    settings = settings_in(tmp_path_factory.mktemp("uploads"), provider="sketch")
    async with serve(settings) as url:
        yield int(url.rpartition(":")[2])


def png_of(size: int) -> bytes:
    """A PNG of `size` bytes: a small one with a chunk that decoders ignore."""
    head, end = PNG.data[:-12], PNG.data[-12:]
    chunk = b"fiLl" + b"x" * (size - len(PNG.data) - 12)
    filling = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", crc32(chunk))
    return head + filling + end


def edit_body(data: bytes, prompt: str) -> bytes:
    """The body of an edit for POST /images."""
    return json.dumps({"prompt": prompt, "images": [b64encode(data).decode()]}).encode()


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_with_too_large_a_content_length_is_rejected(
    path: str, server_port: int
) -> None:
    async with connect(server_port) as client:
        await client.send(head(path, of_length(MAX_BODY_BYTES + 1)))
        reply = await client.read_reply()
        assert reply.startswith(b"HTTP/1.1 413 ")
        assert b'"code":"too_large"' in reply


@pytest.mark.parametrize("path", PATHS)
async def test_an_image_of_60_mb_is_rejected_and_its_sender_can_read_the_reply(
    path: str, server_port: int
) -> None:
    size = 80_000_000
    async with connect(server_port) as client:
        await client.send(head(path, of_length(size)))
        for _ in range(size // len(CHUNK)):
            await client.send(CHUNK)
        assert (await client.read_reply()).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("path", PATHS)
async def test_a_chunked_body_that_becomes_too_large_is_rejected(
    path: str, server_port: int
) -> None:
    async with connect(server_port) as client:
        await client.send(head(path, CHUNKED))
        await send_chunks(client, 80_000_000)
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
async def test_too_deeply_nested_json_is_a_bad_request(
    path: str, more: bytes, body: bytes, server_port: int
) -> None:
    async with connect(server_port) as client:
        await client.send(head(path, more + of_length(len(body))) + body)
        assert (await client.read_reply()).startswith(b"HTTP/1.1 400 ")


async def test_an_image_of_50_mb_is_edited(server_port: int) -> None:
    body = edit_body(png_of(MAX_INPUT_BYTES - 1), "greener")
    async with connect(server_port) as client:
        await client.send(
            head("/mcp/stream", of_length(len(body)) + b"Connection: close\r\n") + body
        )
        assert b'data: {"type":"complete"' in await client.read_to_end()


async def test_50_mb_of_invalid_image_data_pass_over_mcp(server_port: int) -> None:
    images = [b64encode(bytes(MAX_INPUT_BYTES - 1)).decode()]
    async with connect_over_http(f"http://127.0.0.1:{server_port}") as client:
        result = await client.call_tool("edit_image", {"prompt": "greener", "images": images})
    assert "Error unreadable_image" in str(result.content)


async def test_a_refused_sender_of_a_large_body_can_read_the_reply(server_port: int) -> None:
    size = 20_000_000
    async with connect(server_port) as client:
        await client.send(head("/images", of_length(size)).replace(b"localhost", b"evil.example"))
        for _ in range(size // len(CHUNK)):
            await client.send(CHUNK)
        assert (await client.read_reply()).startswith(b"HTTP/1.1 421 ")
