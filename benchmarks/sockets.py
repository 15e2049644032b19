"""The cost of the WebSocket for images, beside that of a stream of server-sent events."""

import asyncio
from collections.abc import Iterator

from benchmarks.measure import Line, interleave
from benchmarks.rig import Rig, prompt, start_stand_in
from benchmarks.socket_client import read_socket
from benchmarks.stream_client import read_stream
from benchmarks.streams import CLIENTS, SHORT, peak_memory, serve

MAX_MEMORY_MB = 400.0


def socket_lines(rig: Rig, rounds: int) -> Iterator[Line]:
    """One image to many clients of one job over both, and what one client receives."""
    run = rig.runner.run
    with start_stand_in(SHORT) as base_url, serve(rig, base_url) as (port, pid):
        times = interleave(
            rounds,
            lambda: {"ours": run(_time_sockets(port))},
            lambda: {"base": run(_time_streams(port))},
        )
        received = run(_received(port))
        memory = peak_memory(pid)
    yield Line(
        name=f"one image to {CLIENTS} clients, /ws",
        ours=times["ours"],
        against="/mcp/stream",
        base=times["base"],
        goal=1.0,
    )
    yield Line(
        name="· bytes on the wire, kB",
        ours=[received[0] / 1000],
        against="/mcp/stream",
        base=[received[1] / 1000],
        goal=0.76,
    )
    yield Line(name="· peak memory, MB", ours=[memory], goal=MAX_MEMORY_MB, judged="MB")


async def _time_sockets(port: int) -> float:
    """The ms for all clients that read; one more does not."""
    body = {"prompt": prompt()}
    frozen = await read_socket(port, body, frozen=True)
    clients = await asyncio.gather(*(read_socket(port, body) for _ in range(CLIENTS)))
    frozen.transport.abort()
    assert {client.kinds[-1] for client in clients} == {"complete"}, clients[0].kinds
    return (max(each.ended for each in clients) - min(each.began for each in clients)) * 1000


async def _time_streams(port: int) -> float:
    body = {"prompt": prompt()}
    clients = await asyncio.gather(*(read_stream(port, body) for _ in range(CLIENTS)))
    last = [client.frames[-1] for client in clients]
    assert {frame.kind for frame in last} == {"complete"}
    return (max(frame.ended for frame in last) - min(frame.began for frame in last)) * 1000


async def _received(port: int) -> tuple[int, int]:
    """The bytes that a client of either receives for the same new image with two previews."""
    body = {"prompt": prompt(), "partialImages": 2}
    socket, stream = await asyncio.gather(read_socket(port, body), read_stream(port, body))
    return socket.received, stream.received
