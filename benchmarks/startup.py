"""What a host waits for when it starts us, and what its first call waits for."""

import sys
from pathlib import Path
from time import sleep

from benchmarks.measure import Line, interleaved
from benchmarks.pipes import Server
from benchmarks.rig import Rig

OURS = [str(Path(sys.executable).with_name("mcp-server-gpt-image"))]
BARE = [sys.executable, str(Path(__file__).with_name("bare_server.py"))]
GOAL = 1.25
WARMED = 3.0
"""Seconds from tools/list to the call of a user who reads before asking."""


def spawn_lines(rig: Rig, rounds: int) -> list[Line]:
    """From spawn to the answer of tools/list, in wall and in CPU time."""
    taken = interleaved(
        rounds, lambda: _spawned("ours", OURS, rig), lambda: _spawned("bare", BARE, rig)
    )
    bare = "bare mcp server"
    return [
        Line(
            name="spawn → tools/list",
            ours=taken["ours"],
            against=bare,
            base=taken["bare"],
            goal=GOAL,
        ),
        Line(
            name="spawn → tools/list, CPU",
            ours=taken["ours cpu"],
            against=bare,
            base=taken["bare cpu"],
        ),
    ]


def first_call_lines(rig: Rig, rounds: int) -> list[Line]:
    """The first call, sent at once or once warmed up, against the same server's second."""
    taken = interleaved(
        rounds, lambda: _called("cold", rig, 0), lambda: _called("warm", rig, WARMED)
    )
    names = {"cold": "first call, sent at once", "warm": f"first call, sent after {WARMED:.0f} s"}
    return [
        Line(name=name, ours=taken[how], against="its second call", base=taken[f"{how} second"])
        for how, name in names.items()
    ]


def _spawned(name: str, command: list[str], rig: Rig) -> dict[str, float]:
    with Server(command, rig.environment) as server:
        wall = server.listed()
    return {name: wall, f"{name} cpu": server.cpu}


def _called(name: str, rig: Rig, pause: float) -> dict[str, float]:
    with Server(OURS, rig.environment) as server:
        server.listed()
        sleep(pause)
        return {name: server.painted(), f"{name} second": server.painted()}
