"""Clients that speak HTTP byte by byte, and a server that takes connections of a given kind."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from entrypoints.http.connection_limits import Connection

PATIENCE = 20.0
"""Seconds after which a test gives up; none depends on it."""


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.was_reset = False

    async def send(self, data: bytes) -> None:
        """Send all of it, or as much as the server takes before it hangs up."""
        with suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def drip(self, data: bytes, pause: float) -> bytes:
        """Send byte by byte until the server hangs up; return what it said."""
        said = asyncio.create_task(self.rest())
        for number in range(len(data)):
            await self.send(data[number : number + 1])
            done, _ = await asyncio.wait({said}, timeout=pause)
            if done:
                return await said
        said.cancel()
        raise AssertionError("the server took it all")

    async def leave(self) -> None:
        """Hang up."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()

    async def answer(self) -> bytes:
        """One answer with a Content-Length."""
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.partition(b":")[2])
                for line in head.lower().splitlines()
                if line.startswith(b"content-length:")
            )
            return head + await self.reader.readexactly(length)

    async def rest(self) -> bytes:
        """All that comes until the server hangs up."""
        data = bytearray()
        async with asyncio.timeout(PATIENCE):
            try:
                while piece := await self.reader.read(65536):
                    data += piece
            except ConnectionError:
                self.was_reset = True
        return bytes(data)


@asynccontextmanager
async def wire(port: int, window: int | None = None) -> AsyncIterator[Wire]:
    """Connect; with a `window` only about so many bytes are taken in before they are read."""
    connection = socket.socket()
    if window:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=window or 2**16)
    client = Wire(reader, writer)
    try:
        yield client
    finally:
        await client.leave()


@asynccontextmanager
async def taking(
    app: ASGIApp, kind: type[Connection] = Connection, buffer: int | None = None
) -> AsyncIterator[int]:
    """Serve an application to connections of that kind; yield the port.

    With a `buffer` the system takes about so many bytes of answers that are not read yet.
    """
    config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()
    listener = socket.create_server(("127.0.0.1", 0))
    if buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
    server = await asyncio.get_running_loop().create_server(
        lambda: kind(config, state, {}), sock=listener
    )
    try:
        yield listener.getsockname()[1]
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        if state.tasks:
            await asyncio.wait(state.tasks)
