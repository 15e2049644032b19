"""Clients that send raw HTTP bytes, and a server with a given Connection class."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from entrypoints.http.connection_limits import Connection

TIMEOUT = 20.0
"""Seconds after which a test fails; no test depends on it."""


class RawConnection:
    """One client connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.was_reset = False

    async def send(self, data: bytes) -> None:
        """Send the data; stop without an error if the server hangs up."""
        with suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def drip(self, data: bytes, pause: float) -> bytes:
        """Send byte by byte until the server hangs up; return its output."""
        output = asyncio.create_task(self.read_to_end())
        for number in range(len(data)):
            await self.send(data[number : number + 1])
            done, _ = await asyncio.wait({output}, timeout=pause)
            if done:
                return await output
        output.cancel()
        raise AssertionError("the server accepted all data")

    async def disconnect(self) -> None:
        """Hang up."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()

    async def read_reply(self) -> bytes:
        """Read one response that has a Content-Length."""
        async with asyncio.timeout(TIMEOUT):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.partition(b":")[2])
                for line in head.lower().splitlines()
                if line.startswith(b"content-length:")
            )
            return head + await self.reader.readexactly(length)

    async def read_to_end(self) -> bytes:
        """Read until the server hangs up."""
        data = bytearray()
        async with asyncio.timeout(TIMEOUT):
            try:
                while chunk := await self.reader.read(65536):
                    data += chunk
            except ConnectionError:
                self.was_reset = True
        return bytes(data)


@asynccontextmanager
async def connect(port: int, window: int | None = None) -> AsyncIterator[RawConnection]:
    """Connect; `window` limits the bytes that are received before they are read, approximately."""
    connection = socket.socket()
    if window:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=window or 2**16)
    client = RawConnection(reader, writer)
    try:
        yield client
    finally:
        await client.disconnect()


@asynccontextmanager
async def listen(
    app: ASGIApp, connection_class: type[Connection] = Connection, buffer: int | None = None
) -> AsyncIterator[int]:
    """Serve an application with this Connection class; yield the port.

    `buffer` limits the bytes of unread responses in the operating system, approximately.
    """
    config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()
    listener = socket.create_server(("127.0.0.1", 0))
    if buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
    server = await asyncio.get_running_loop().create_server(
        lambda: connection_class(config, state, {}), sock=listener
    )
    try:
        yield listener.getsockname()[1]
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        if state.tasks:
            await asyncio.wait(state.tasks)
