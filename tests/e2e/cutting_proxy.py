"""Proxies that end long requests: one that cuts every connection, and nginx, which answers 504."""

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.e2e.loopback_server import wait_until

NGINX = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {target};
            proxy_set_header Host {host};
            proxy_read_timeout {limit}ms;
        }}
    }}
}}
"""


@asynccontextmanager
async def cutting_proxy(
    target: str, *, seconds: float | None = None, size: int = sys.maxsize
) -> AsyncIterator[str]:
    """A proxy to `target` that ends each connection after so many seconds, or bytes of the server.

    Yields the proxy's address.
    """
    host, port = urlsplit(target).hostname, urlsplit(target).port

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_target, to_target = await asyncio.open_connection(host, port)
        copies = [_copy(reader, to_target, sys.maxsize), _copy(from_target, writer, size)]
        tasks = [asyncio.create_task(copy) for copy in copies]
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        writer.close()
        to_target.transport.abort()

    server = await asyncio.start_server(forward, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: int) -> None:
    with suppress(ConnectionError):
        while left and (data := await reader.read(min(left, 65536))):
            writer.write(data)
            await writer.drain()
            left -= len(data)


def nginx_program() -> str | None:
    """The path of nginx, which Debian installs where only root looks; None without nginx."""
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
    return port


@asynccontextmanager
async def nginx(target: str, seconds: float, folder: Path) -> AsyncIterator[str]:
    """The proxy nginx in front of `target`, which answers 504 after so many seconds of silence."""
    folder.mkdir()
    config, port = folder / "nginx.conf", _free_port()
    host, limit = urlsplit(target).netloc, int(seconds * 1000)
    text = NGINX.format(folder=folder, port=port, target=target, host=host, limit=limit)
    config.write_text(text, encoding="utf-8")
    program = nginx_program() or ""
    command = [program, "-c", str(config), "-e", str(folder / "error.log")]
    process = await asyncio.create_subprocess_exec(*command)
    try:
        await wait_until((folder / "pid").exists)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()
