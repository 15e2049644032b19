"""The WebSocket for images under load: slow and frozen clients, floods, and the shutdown."""

import asyncio
import gc
import json
import socket as sockets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from websockets.exceptions import InvalidStatus

from domain.image import Image
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.http import http_server
from entrypoints.http.application import HttpApplication
from entrypoints.http.connection_limits import Connection
from entrypoints.http.listening_socket import listen
from entrypoints.http.security.body_limits import BodyMemoryBudget
from entrypoints.http.websocket.connection import (
    FRAGMENT_BYTES,
    GOING_AWAY,
    WebSocketConnection,
)
from tests.e2e.image_socket import ImageSocket, Received, open_socket
from tests.e2e.loopback_server import serve, wait_until
from tests.e2e.raw_connections import RawConnection, connect
from tests.e2e.raw_connections import listen as listen_with
from tests.e2e.test_image_socket_resuming import noise
from tests.e2e.transports import settings_for
from tests.standin import StandIn, faults
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio
CLIENTS = 64
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Protocol: gpt-image.v1\r\n\r\n"
)


def text_frame(message: dict[str, object], missing: int = 0) -> bytes:
    """A masked frame with a mask of zeros, without its last bytes."""
    data = json.dumps(message).encode()
    length = len(data).to_bytes(8, "big")
    return (b"\x81\xff" + length + bytes(4) + data)[: -missing or None]


@asynccontextmanager
async def frozen_client(
    url: str, message: dict[str, object], window: int = 4096
) -> AsyncIterator[RawConnection]:
    """A client that sends a message and never reads."""
    port = int(url.rpartition(":")[2])
    async with connect(port, window) as client:
        await client.send(HANDSHAKE + b"")
        await client.reader.readuntil(b"\r\n\r\n")
        client.writer.transport.pause_reading()  # type: ignore[attr-defined] # asyncio's own transport
        await client.send(text_frame(message))
        yield client


def server_connections() -> list[WebSocketConnection]:
    """Those that are open."""
    found = (each for each in gc.get_objects() if issubclass(type(each), WebSocketConnection))
    return [each for each in found if not each.disconnected]


async def follow(url: str, job_id: str) -> list[Received]:
    async with open_socket(url) as socket:
        return await socket.ask("watch", "w", jobId=job_id)


@pytest.mark.timeout(180)
async def test_64_clients_follow_one_job_and_a_frozen_one_holds_little_memory(
    tmp_path: Path,
) -> None:
    go_on = asyncio.Event()
    image = noise(Random(1), tmp_path, side=1200)  # noqa: S311 - no secret
    provider = FakeProvider(image, meanwhile=go_on.wait)
    assert len(image.data) > 10 * FRAGMENT_BYTES
    async with serve(settings_in(tmp_path), provider=provider) as url, open_socket(url) as first:
        await first.send("generate", "a", arguments={"prompt": "x"})
        job_id = (await first.receive())["jobId"]
        message = {"type": "watch", "id": "w", "jobId": job_id}
        async with frozen_client(url, message):
            following = [asyncio.create_task(follow(url, job_id)) for _ in range(CLIENTS - 1)]
            await wait_until(lambda: len(server_connections()) == CLIENTS + 1, 60)
            go_on.set()
            for answers in await asyncio.gather(*following):
                assert Image(answers[-2].image) == image
                assert answers[-1]["type"] == "complete"
            await first.until_end("a")
            (frozen,) = (
                each for each in server_connections() if each.transport.get_write_buffer_size()
            )
            assert frozen.transport.get_write_buffer_size() < 2 * FRAGMENT_BYTES


async def test_a_slow_reader_skips_superseded_previews_and_gets_the_image(
    openai_api: StandIn, tmp_path: Path
) -> None:
    """The socket buffers a few KB; the first preview is larger, and the others arrive meanwhile."""
    async with (
        run_application(settings_for(openai_api, tmp_path)) as container,
        listen_with(HttpApplication(container).asgi, buffer=4096) as port,
        open_socket(url := f"http://127.0.0.1:{port}") as other,
    ):
        arguments = {"prompt": "x", "partialImages": 3}
        message: dict[str, object] = {"type": "generate", "id": "a", "arguments": arguments}
        async with frozen_client(url, message) as slow:
            await asyncio.to_thread(openai_api.wait_for_calls, 1, 30)
            answers = await other.ask("generate", "b", arguments=arguments)
            assert answers[-1]["type"] == "complete"
            slow.writer.transport.resume_reading()  # type: ignore[attr-defined] # asyncio's own transport
            data = b""
            while b'"type":"complete"' not in data:
                data += await slow.reader.read(65536)
    previews = [b'"partialImageIndex":%d' % number in data for number in range(3)]
    assert previews[0]
    assert not previews[1]
    assert answers[-2].image in join_fragments(data)


def join_fragments(data: bytes) -> bytes:
    """The payloads of all unmasked frames."""
    payload, at = bytearray(), 0
    while at < len(data):
        length, at = data[at + 1], at + 2
        if length > 125:
            size = 2 if length == 126 else 8
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        payload += data[at : at + length]
        at += length
    return bytes(payload)


async def test_a_client_that_stops_reading_is_disconnected(
    openai_api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WebSocketConnection, "write_timeout", 0.3)
    async with serve(settings_for(openai_api, tmp_path)) as url:
        message: dict[str, object] = {
            "type": "generate",
            "id": "a",
            "arguments": {"prompt": "x", "partialImages": 3},
        }
        async with frozen_client(url, message):
            await wait_until(server_connections, 20)
            (connection,) = server_connections()
            await wait_until(lambda: connection.disconnected, 30)


@pytest.mark.parametrize(("limit", "code"), [("time", 1008), ("memory", 1013)])
async def test_an_unfinished_message_closes_the_connection(
    limit: str,
    code: int,
    openai_api: StandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if limit == "time":
        monkeypatch.setattr("entrypoints.http.websocket.connection.START_TIMEOUT", 0.2)
        monkeypatch.setattr("entrypoints.http.websocket.connection.MIN_BYTES_PER_SECOND", 10**9)
        monkeypatch.setattr(WebSocketConnection, "write_timeout", 1.0)
    else:
        monkeypatch.setattr(WebSocketConnection, "memory", BodyMemoryBudget(100_000))
    async with serve(settings_for(openai_api, tmp_path)) as url:
        port = int(url.rpartition(":")[2])
        async with connect(port) as client:
            await client.send(HANDSHAKE)
            await client.reader.readuntil(b"\r\n\r\n")
            await client.send(text_frame({"type": "ping", "id": "x" * 200_000}, missing=1))
            frames = await client.read_to_end()
    assert frames[0] == 0x88
    assert int.from_bytes(frames[2:4], "big") == code


async def test_connections_beyond_the_limit_are_refused(
    openai_api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "max_connections", 2)
    async with serve(settings_for(openai_api, tmp_path)) as url, AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(open_socket(url))
        with pytest.raises(InvalidStatus) as refusal:
            await stack.enter_async_context(open_socket(url))
        assert refusal.value.response.status_code == 503
        assert json.loads(refusal.value.response.body or b"")["code"] == "busy"


@pytest.fixture
def listeners(tmp_path: Path) -> Iterator[list[sockets.socket]]:
    found = listen(settings_in(tmp_path, port=0))
    yield found
    for each in found:
        each.close()


@asynccontextmanager
async def stopping_server(
    openai_api: StandIn, folder: Path, listeners: list[sockets.socket], grace: float
) -> AsyncIterator[tuple[ImageSocket, asyncio.Event]]:
    """A connection to a whole server, and what begins the server's shutdown."""
    stop = asyncio.Event()
    settings = settings_for(openai_api, folder, shutdown_grace=grace, warm_up=False)
    serving = asyncio.create_task(http_server.serve(settings, listeners, stop))
    url = f"http://127.0.0.1:{listeners[0].getsockname()[1]}"
    async with open_socket(url) as socket:
        yield socket, stop
    await serving


async def close_code(socket: ImageSocket) -> int | None:
    async for _ in socket.connection:
        pass
    return socket.connection.close_code


async def test_at_shutdown_running_jobs_are_delivered_then_the_connection_closes(
    openai_api: StandIn, tmp_path: Path, listeners: list[sockets.socket]
) -> None:
    openai_api.default = faults.slow(1.0)
    async with stopping_server(openai_api, tmp_path, listeners, 20) as (socket, stop):
        await socket.send("generate", "a", arguments={"prompt": "x"})
        await asyncio.to_thread(openai_api.wait_for_calls, 1, 30)
        stop.set()
        await socket.send("generate", "b", arguments={"prompt": "y"})
        answers = await socket.until_end("a", "b")
        assert [each["type"] for each in answers if each["id"] == "a"][-2:] == ["image", "complete"]
        assert [each["code"] for each in answers if each["id"] == "b"] == ["shutting_down"]
        assert await close_code(socket) == 1001


async def test_at_shutdown_a_slow_reader_still_gets_its_image(
    openai_api: StandIn,
    tmp_path: Path,
    listeners: list[sockets.socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop, paused = asyncio.Event(), asyncio.Event()
    pause = WebSocketConnection.pause_writing

    def pause_writing(connection: WebSocketConnection) -> None:
        pause(connection)
        paused.set()

    monkeypatch.setattr(WebSocketConnection, "pause_writing", pause_writing)
    settings = settings_for(openai_api, tmp_path, shutdown_grace=30, warm_up=False)
    serving = asyncio.create_task(http_server.serve(settings, listeners, stop))
    port = listeners[0].getsockname()[1]
    arguments: dict[str, object] = {"prompt": "x", "n": 4}
    message: dict[str, object] = {"type": "generate", "id": "a", "arguments": arguments}
    async with frozen_client(f"http://127.0.0.1:{port}", message, 65536) as slow:
        await asyncio.to_thread(openai_api.wait_for_calls, 1, 30)
        stop.set()
        await asyncio.wait_for(paused.wait(), 30)
        await asyncio.wait({serving}, timeout=1.0)  # a server that does not wait closes meanwhile
        slow.writer.transport.resume_reading()  # type: ignore[attr-defined] # asyncio's own transport
        data = await slow.read_to_end()
    await serving
    assert b'"type":"complete"' in data
    assert data[-30:].endswith(GOING_AWAY.encode())


async def test_a_job_beyond_the_grace_period_ends_as_unknown_before_the_connection_closes(
    openai_api: StandIn, tmp_path: Path, listeners: list[sockets.socket]
) -> None:
    openai_api.default = faults.hang()
    async with stopping_server(openai_api, tmp_path, listeners, 2) as (socket, stop):
        await socket.send("generate", "a", arguments={"prompt": "x"})
        await asyncio.to_thread(openai_api.wait_for_calls, 1, 30)
        stop.set()
        assert (await socket.until_end("a"))[-1]["code"] == "outcome_unknown"
        assert await close_code(socket) == 1001


async def test_an_idle_connection_does_not_delay_the_shutdown(
    openai_api: StandIn, tmp_path: Path, listeners: list[sockets.socket]
) -> None:
    async with stopping_server(openai_api, tmp_path, listeners, 30) as (socket, stop):
        assert (await socket.ask("ping"))[-1]["type"] == "pong"
        stop.set()
        async with asyncio.timeout(10):
            assert await close_code(socket) == 1001
