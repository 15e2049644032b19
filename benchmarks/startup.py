"""How long a host waits for the server to start, and for its first call."""

import sys
from pathlib import Path
from time import sleep

from benchmarks.measure import Line, interleave
from benchmarks.rig import Rig
from benchmarks.stdio_client import StdioServer

OURS = [str(Path(sys.executable).with_name("mcp-server-gpt-image"))]
BARE = [sys.executable, str(Path(__file__).with_name("bare_server.py"))]
GOAL = 1.25
PAUSE = 3.0
"""Seconds from tools/list to a call by a user."""


def spawn_lines(rig: Rig, rounds: int) -> list[Line]:
    """From spawn to the reply of tools/list, in wall and in CPU time."""
    times = interleave(
        rounds, lambda: _time_spawn("ours", OURS, rig), lambda: _time_spawn("bare", BARE, rig)
    )
    bare = "bare mcp server"
    return [
        Line(
            name="spawn → tools/list",
            ours=times["ours"],
            against=bare,
            base=times["bare"],
            goal=GOAL,
        ),
        Line(
            name="spawn → tools/list, CPU",
            ours=times["ours cpu"],
            against=bare,
            base=times["bare cpu"],
        ),
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


def _time_spawn(name: str, command: list[str], rig: Rig) -> dict[str, float]:
    with StdioServer(command, rig.environment) as server:
        wall = server.list_tools()
    return {name: wall, f"{name} cpu": server.cpu}


def _time_calls(name: str, rig: Rig, pause: float) -> dict[str, float]:
    with StdioServer(OURS, rig.environment) as server:
        server.list_tools()
        sleep(pause)
        return {name: server.generate_image(), f"{name} second": server.generate_image()}
