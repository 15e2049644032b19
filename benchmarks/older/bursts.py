"""Many concurrent requests for different images, and the memory of a server before and after."""

import asyncio
import time
from collections.abc import Iterator

from benchmarks.measure import Line, Stopwatch, interleave
from benchmarks.older.both import (
    DOORS,
    HttpServer,
    both_servers,
    open_session,
    request,
    warm_up,
)
from benchmarks.processes import memory_mb
from benchmarks.rig import Rig, start_stand_in
from benchmarks.startup import OLDER

REQUESTS = 100
UPSTREAM = 1.0
"""Seconds that the stand-in takes for an image."""
GOALS = {"/mcp": 1.2, "/mcp/stream": 0.95}
IDLE, REST = 3.0, 10.0
"""Seconds from being ready to idle, and from the end of a burst to the memory after it."""
GOAL_IDLE, MAX_MEMORY_MB = 1.1, 250.0


def burst_lines(rig: Rig, rounds: int) -> Iterator[Line]:
    """The time until all have their image, of servers that are warm."""
    if rig.older is None:
        return
    with start_stand_in(UPSTREAM) as base_url, both_servers(rig, base_url) as servers:
        sessions = {server.name: open_session(server) for server in servers}
        for server in servers:
            rig.runner.run(warm_up(server, sessions[server.name]))
        times = interleave(
            rounds,
            *(
                lambda server=server, door=door: {
                    f"{server.name} {door}": rig.runner.run(
                        _time_burst(server, door, sessions[server.name])
                    )
                }
                for door in DOORS
                for server in servers
            ),
        )
    for door in DOORS:
        yield Line(
            name=f"{REQUESTS} distinct at once, {door}, older server",
            ours=times[f"ours {door}"],
            against=OLDER,
            base=times[f"older {door}"],
            goal=GOALS[door],
        )


def memory_lines(rig: Rig, rounds: int) -> Iterator[Line]:
    """The memory when idle, and some seconds after a burst of streams, in MB."""
    samples: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, megabytes in _measure_memory(rig).items():
            samples.setdefault(name, []).append(megabytes)
    yield Line(
        name="idle memory, MB",
        ours=samples["ours idle"],
        against=OLDER if rig.older else "",
        base=samples.get("older idle", ()),
        goal=GOAL_IDLE if rig.older else None,
    )
    yield Line(
        name=f"memory {REST:.0f} s after a burst of {REQUESTS}, MB",
        ours=samples["ours after"],
        against=OLDER if rig.older else "",
        base=samples.get("older after", ()),
        goal=MAX_MEMORY_MB,
        judged="MB",
    )


def _measure_memory(rig: Rig) -> dict[str, float]:
    """Both servers run side by side, which changes times and not memory."""
    with start_stand_in(UPSTREAM) as base_url, both_servers(rig, base_url) as servers:
        time.sleep(IDLE)
        found = {f"{server.name} idle": memory_mb(server.pid) for server in servers}
        for server in servers:
            rig.runner.run(_time_burst(server, "/mcp/stream", {}))
        time.sleep(REST)
        return found | {f"{server.name} after": memory_mb(server.pid) for server in servers}


async def _time_burst(server: HttpServer, door: str, session: dict[str, str]) -> float:
    with Stopwatch() as watch:
        await asyncio.gather(*(request(server, door, session) for _ in range(REQUESTS)))
    return watch.wall
