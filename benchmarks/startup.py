"""How long a host waits over stdio for the server to start, and for its first call."""

from collections.abc import Sequence
from pathlib import Path
from time import sleep

from benchmarks.measure import Line, interleave
from benchmarks.rig import Rig
from benchmarks.stdio_client import StdioServer

BARE = str(Path(__file__).with_name("bare_server.py"))
OLDER = "older server"
GOAL, GOAL_OLDER, GOAL_FIRST_IMAGE = 1.25, 0.15, 2.5
PAUSE = 3.0
"""Seconds from tools/list to a call by a user."""

Command = tuple[list[str], dict[str, str]]
"""A server over stdio, and its environment."""


def spawn_lines(rig: Rig, rounds: int) -> list[Line]:
    """From spawn to the reply of tools/list, in wall and in CPU time."""
    servers = _servers(rig) | {"bare": ([rig.python, BARE], rig.environment)}
    times = interleave(
        rounds, *(lambda name=name: _time_spawn(name, servers[name]) for name in servers)
    )
    lines = [
        _line("spawn → tools/list", times, "bare", GOAL),
        _line("spawn → tools/list, CPU", times, "bare", kind=" cpu"),
    ]
    if rig.older is not None:
        lines += [
            _line("spawn → tools/list, older server", times, "older", GOAL_OLDER),
            _line("spawn → tools/list, older server, CPU", times, "older", kind=" cpu"),
        ]
    return lines


def first_image_lines(rig: Rig, rounds: int) -> list[Line]:
    """From spawn to the first image, which is requested at once, as soon as the protocol allows.

    Programs and libraries are in the page cache of the disk.
    """
    if rig.older is None:
        return []
    servers = _servers(rig)
    times = interleave(
        rounds, *(lambda name=name: _time_first_image(name, servers[name]) for name in servers)
    )
    return [
        _line("spawn → first image, older server", times, "older", GOAL_FIRST_IMAGE),
        _line("spawn → first image, older server, CPU", times, "older", kind=" cpu"),
    ]


def first_call_lines(rig: Rig, rounds: int) -> list[Line]:
    """The first call, sent at once or after the warm-up, compared with the same server's second."""
    times = interleave(
        rounds, lambda: _time_calls("cold", rig, 0), lambda: _time_calls("warm", rig, PAUSE)
    )
    names = {"cold": "first call, sent at once", "warm": f"first call, sent after {PAUSE:.0f} s"}
    return [
        Line(name=name, ours=times[how], against="its second call", base=times[f"{how} second"])
        for how, name in names.items()
    ]


def _servers(rig: Rig) -> dict[str, Command]:
    """Ours, and the older server if there is one."""
    ours: dict[str, Command] = {"ours": ([rig.server], rig.environment)}
    older = rig.older
    return ours if older is None else ours | {"older": (older.stdio, older.environment)}


def _line(
    name: str,
    times: dict[str, list[float]],
    base: str,
    goal: float | None = None,
    kind: str = "",
) -> Line:
    against = {"bare": "bare mcp server", "older": OLDER}[base]
    ours: Sequence[float] = times[f"ours{kind}"]
    return Line(name=name, ours=ours, against=against, base=times[f"{base}{kind}"], goal=goal)


def _time_spawn(name: str, command: Command) -> dict[str, float]:
    with StdioServer(*command) as server:
        wall = server.list_tools()
    return {name: wall, f"{name} cpu": server.cpu}


def _time_first_image(name: str, command: Command) -> dict[str, float]:
    with StdioServer(*command) as server:
        wall = server.first_image()
    return {name: wall, f"{name} cpu": server.cpu}


def _time_calls(name: str, rig: Rig, pause: float) -> dict[str, float]:
    with StdioServer([rig.server], rig.environment) as server:
        server.list_tools()
        sleep(pause)
        return {name: server.generate_image(), f"{name} second": server.generate_image()}
