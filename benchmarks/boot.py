"""How long a client waits for the HTTP server to start."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from http.client import HTTPConnection
from subprocess import DEVNULL, Popen
from time import perf_counter, sleep

from benchmarks.image_serving import TIMEOUT, free_port
from benchmarks.measure import Line, interleave
from benchmarks.rig import ROOT, Rig
from benchmarks.startup import OLDER

GOAL_OLDER = 1.5
MAX_CONNECT_MS = 100.0
PAUSE = 0.002
"""Seconds between two attempts to connect."""

Server = Callable[[int], tuple[list[str], dict[str, str]]]
"""The command and the environment of a server on this port."""


def boot_lines(rig: Rig, rounds: int) -> list[Line]:
    """From spawning the server to its first reply and to its first connection.

    The SDK's own HTTP server has no such page: its 404 counts.
    """
    servers = _servers(rig)
    times = interleave(
        rounds, *(lambda name=name: _time_boot(name, servers[name]) for name in servers)
    )
    lines = [
        Line(
            name="spawn → /health",
            ours=times["ours"],
            against="bare mcp over HTTP",
            base=times["bare"],
        )
    ]
    if rig.older is not None:
        lines.append(
            Line(
                name="spawn → /health, older server",
                ours=times["ours"],
                against=OLDER,
                base=times["older"],
                goal=GOAL_OLDER,
            )
        )
    base = "bare" if rig.older is None else "older"
    connected = Line(
        name="spawn → connection accepted",
        ours=times["ours connected"],
        against={"bare": "bare mcp over HTTP", "older": OLDER}[base],
        base=times[f"{base} connected"],
        goal=MAX_CONNECT_MS,
        judged="ms",
    )
    return [*lines, connected]


def _servers(rig: Rig) -> dict[str, Server]:
    result = rig.folder / "nothing.json"
    result.write_text('{"content": []}', encoding="utf-8")
    bare = [rig.python, "-m", "benchmarks.bare_http"]
    servers: dict[str, Server] = {
        "ours": lambda port: ([rig.server, "http", "--port", str(port)], rig.environment),
        "bare": lambda port: (
            [*bare, str(port), str(result)],
            rig.environment | {"PYTHONPATH": str(ROOT)},
        ),
    }
    older = rig.older
    if older is not None:
        servers["older"] = lambda port: (older.http, older.environment_for(port, rig.base_url))
    return servers


def _time_boot(name: str, server: Server) -> dict[str, float]:
    port = free_port()
    command, environment = server(port)
    with ExitStack() as stack:
        start = perf_counter()
        process = stack.enter_context(
            Popen(command, env=environment, stdout=DEVNULL, stderr=DEVNULL)  # noqa: S603 - ours, or a server to compare with
        )
        stack.callback(process.terminate)
        http = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        http.sock = stack.enter_context(_connect(port, start + TIMEOUT))
        connected = perf_counter() - start
        http.request("GET", "/health")
        assert http.getresponse().status in (200, 404)
        replied = perf_counter() - start
    return {name: replied * 1000, f"{name} connected": connected * 1000}


def _connect(port: int, deadline: float) -> socket.socket:
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        except ConnectionRefusedError:
            if perf_counter() > deadline:
                raise
        sleep(PAUSE)
