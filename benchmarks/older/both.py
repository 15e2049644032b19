"""Our HTTP server and the older one, if there is one, with the calls that both understand."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from benchmarks.image_serving import TIMEOUT, free_port, start_server
from benchmarks.mcp_http import JSON, SessionClient
from benchmarks.rig import Rig, numbers, prompt
from benchmarks.stream_client import StreamClient, read_stream
from benchmarks.streams import serve

MIN_BASE64 = 50_000
"""Fewer bytes than any reply with an image has. An error's are fewer."""
DOORS = ("/mcp", "/mcp/stream")
WARM_UPS = 3


@dataclass(frozen=True, kw_only=True)
class HttpServer:
    """A running server: `ours` or `older`."""

    name: str
    port: int
    pid: int


@contextmanager
def both_servers(rig: Rig, base_url: str) -> Iterator[list[HttpServer]]:
    """Both servers against that stand-in, ours after it reports that it is ready."""
    with ExitStack() as stack:
        port, pid = stack.enter_context(serve(rig, base_url))
        _wait_until_ready(port)
        servers = [HttpServer(name="ours", port=port, pid=pid)]
        if rig.older is not None:
            free = free_port()
            environment = rig.older.environment_for(free, base_url)
            process = stack.enter_context(start_server(rig.older.http, free, environment))
            servers.append(HttpServer(name="older", port=free, pid=process.pid))
        yield servers


def new_image() -> dict[str, Any]:
    """The arguments for an image that no server has, in words that both understand."""
    return {"prompt": prompt(), "format": "png", "size": "1024x1024"}


def tool_call(arguments: dict[str, Any]) -> dict[str, Any]:
    """The parameters of `tools/call`."""
    return {"name": "generate_image", "arguments": arguments}


async def request(server: HttpServer, door: str, session: dict[str, str]) -> None:
    """Generate a new image. Raises AssertionError unless the reply has one.

    `session` has the headers of a session, which only `/mcp` needs.
    """
    arguments = new_image()
    if door == "/mcp":
        call = {"jsonrpc": "2.0", "id": next(numbers), "method": "tools/call"}
        call["params"] = tool_call(arguments)
        client = await read_stream(server.port, call, path=door, headers=session)
    else:
        client = await read_stream(server.port, arguments, path=door)
    assert has_image(client), client.frames


def has_image(client: StreamClient) -> bool:
    """Whether a frame is so large that it must have an image."""
    return max(frame.size for frame in client.frames) > MIN_BASE64


def open_session(server: HttpServer) -> dict[str, str]:
    """The headers of a new session of `/mcp`."""
    with SessionClient(server.port, tool_call(new_image())) as client:
        return {name: value for name, value in client.headers.items() if name not in JSON} | {
            "accept": JSON["accept"]
        }


async def warm_up(server: HttpServer, session: dict[str, str]) -> None:
    """A few calls at each door, so that everything that a call needs is loaded."""
    for _ in range(WARM_UPS):
        for door in DOORS:
            await request(server, door, session)


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        http = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        http.request("GET", "/readyz")
        status = http.getresponse().status
        http.close()
        if status == 200:
            return
        time.sleep(0.05)
    raise TimeoutError(f"the server on port {port} is not ready")
