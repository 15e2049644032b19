"""A proxy that cuts every connection after some seconds, as proxies of the web do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


@asynccontextmanager
async def cutting_proxy(target: str, seconds: float) -> AsyncIterator[str]:
    """Forward connections to `target`, each for so many seconds; yield the proxy's address."""
    host, port = urlsplit(target).hostname, urlsplit(target).port

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(host, port)
        copies = [_copy(reader, upstream_writer), _copy(upstream_reader, writer)]
        tasks = [asyncio.create_task(copy) for copy in copies]
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        upstream_writer.transport.abort()
        writer.transport.abort()

    server = await asyncio.start_server(forward, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
