"""What a call costs: an image that is not cached in CPU time, and one that is in both."""

import asyncio
import time
from collections.abc import Iterator

from benchmarks.mcp_http import SessionClient
from benchmarks.measure import Line, Stopwatch, interleave
from benchmarks.older.both import (
    DOORS,
    HttpServer,
    both_servers,
    new_image,
    open_session,
    request,
    tool_call,
    warm_up,
)
from benchmarks.processes import cpu_ms
from benchmarks.rig import Rig
from benchmarks.startup import OLDER

CALLS = 20
"""A round's calls. CPU time is counted in ticks of 10 ms, so a call's is the mean of many."""
SETTLE = 0.2
"""Seconds for work that continues after a reply."""
GOALS = {"/mcp": 1.5, "/mcp/stream": 0.8}


def call_cost_lines(rig: Rig, rounds: int) -> Iterator[Line]:
    """The CPU time of a new 1024x1024 PNG at both doors, and of a cached one over `/mcp`."""
    if rig.older is None:
        return
    with both_servers(rig, rig.base_url) as servers:
        sessions = {server.name: open_session(server) for server in servers}
        for server in servers:
            rig.runner.run(warm_up(server, sessions[server.name]))
        sides = [
            lambda server=server, door=door: rig.runner.run(
                _time_calls(server, door, sessions[server.name])
            )
            for door in DOORS
            for server in servers
        ]
        times = interleave(rounds, *sides)
        for door in DOORS:
            yield _line(f"uncached PNG, {door}, older server, CPU", times, f"{door} cpu", door)
            yield _line(f"uncached PNG, {door}, older server", times, door)
        yield from _cached_lines(servers, rounds)


def _line(name: str, times: dict[str, list[float]], key: str, goal: str = "") -> Line:
    return Line(
        name=name,
        ours=times[f"ours {key}"],
        against=OLDER,
        base=times[f"older {key}"],
        goal=GOALS.get(goal),
    )


def _cached_lines(servers: list[HttpServer], rounds: int) -> Iterator[Line]:
    """The reply of each is what its clients get: ours has a preview, theirs the PNG."""
    clients = [(server, SessionClient(server.port, tool_call(new_image()))) for server in servers]
    for _, client in clients:
        with client:
            client.call()  # generates the image
    times = interleave(
        rounds,
        *(
            lambda server=server, client=client: _time_cached(server, client)
            for server, client in clients
        ),
    )
    yield _line("cached, over /mcp, older server", times, "cached")
    yield _line("cached, over /mcp, older server, CPU", times, "cached cpu")


async def _time_calls(server: HttpServer, door: str, session: dict[str, str]) -> dict[str, float]:
    before = cpu_ms(server.pid)
    with Stopwatch() as watch:
        for _ in range(CALLS):
            await request(server, door, session)
    await asyncio.sleep(SETTLE)
    name = f"{server.name} {door}"
    return {name: watch.wall / CALLS, f"{name} cpu": (cpu_ms(server.pid) - before) / CALLS}


def _time_cached(server: HttpServer, client: SessionClient) -> dict[str, float]:
    before = cpu_ms(server.pid)
    wall = client.time_calls(CALLS * 2)
    time.sleep(SETTLE)
    name = f"{server.name} cached"
    return {name: wall, f"{name} cpu": (cpu_ms(server.pid) - before) / (CALLS * 2)}
