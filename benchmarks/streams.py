"""What streams cost: the first preview, many streams at once, and many clients of one."""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any

import pybase64
from openai import AsyncOpenAI

from benchmarks.measure import Line, Watch, interleaved
from benchmarks.pulse import pulse
from benchmarks.rig import ROOT, Rig, parameters, prompt, standing_in
from benchmarks.serving import PATIENCE, SERVER, free_port, started
from benchmarks.watching import watched

STREAMS = 100
PREVIEWS = 2
LONG, SHORT = 3.0, 1.0
"""Seconds that the stand-in takes for a picture."""
CLIENTS = 64
PICTURE = 2_300_000
"""Bytes of base64 of one picture of the stand-in, about."""
MOST_MEMORY = 800.0
MOST_LIVEZ = 500.0
MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "67108864",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "MALLOC_TOP_PAD_": "16777216",
}
"""What our Docker image sets for glibc."""


@contextmanager
def serving(rig: Rig, base_url: str, **environment: str) -> Iterator[tuple[int, int]]:
    """The installed command in front of that stand-in; its port and its process id."""
    port = free_port()
    told = rig.environment | {"OPENAI_BASE_URL": base_url, "RATE_LIMIT": "0", **environment}
    command = [SERVER, "http", "--port", str(port)]
    with started(command, port, told) as process:
        yield port, process.pid


def stream_lines(rig: Rig, rounds: int) -> Iterator[Line]:
    """All of them, the slow ones in a part of the rounds."""
    yield boot_line(rig, max(1, rounds // 3))
    yield first_preview_line(rig, rounds)
    yield fan_out_line(rig, max(1, rounds // 3))
    yield from together_lines(rig, max(1, rounds // 10))
    yield from load_lines(rig, max(1, rounds // 6))
    yield from load_lines(rig, max(1, rounds // 10), **MALLOC)


def first_preview_line(rig: Rig, rounds: int) -> Line:
    """From asking to having the first preview's bytes; the stand-in paints at once."""
    run, stack = rig.runner.run, AsyncExitStack()
    client = run(stack.enter_async_context(rig.client()))
    try:
        with serving(rig, rig.base_url) as (port, _):
            taken = interleaved(
                rounds,
                lambda: {"ours": run(_first_of_ours(port))},
                lambda: {"bare": run(_first_of_the_sdk(client))},
            )
    finally:
        run(stack.aclose())
    return Line(
        name="first preview, 1.7 MB",
        ours=taken["ours"],
        against="bare SDK stream",
        base=taken["bare"],
        goal=2.0,
    )


def load_lines(rig: Rig, rounds: int, **environment: str) -> list[Line]:
    """Many streams with previews at once, several times, each of another picture."""
    asked = {"partialImages": PREVIEWS}
    with standing_in(LONG) as base_url, serving(rig, base_url, **environment) as (port, pid):
        with pulse(port) as livez:
            walls = [rig.runner.run(_all_streamed(port, asked)) for _ in range(rounds)]
        memory = peak_memory(pid)
    name = f"{STREAMS} streams" + (" with MALLOC_*" if environment else "")
    return [
        Line(name=f"{name}, a round", ours=walls),
        Line(
            name="· /livez meanwhile, 95 %",
            ours=[quantiles(livez, n=20)[-1]],
            goal=MOST_LIVEZ,
            judged="ms",
        ),
        Line(name="· peak memory, MB", ours=[memory], goal=MOST_MEMORY, judged="MB"),
    ]


def together_lines(rig: Rig, rounds: int) -> list[Line]:
    """Many requests at once, all different and all the same, to a provider that takes a second."""
    with standing_in(SHORT) as base_url, serving(rig, base_url) as (port, _):
        taken = interleaved(
            rounds,
            lambda: {"distinct": rig.runner.run(_all_streamed(port, {}))},
            lambda: {"equal": rig.runner.run(_all_streamed(port, {"prompt": prompt()}))},
            lambda: {"one": rig.runner.run(_all_streamed(port, {}, streams=1))},
        )
    return [
        Line(
            name=f"{STREAMS} {kind} streams",
            ours=taken[kind],
            against="one stream",
            base=taken["one"],
            goal=goal,
            judged="ms",
        )
        for kind, goal in (("distinct", 6000.0), ("equal", 2000.0))
    ]


def fan_out_line(rig: Rig, rounds: int) -> Line:
    """One picture to many clients of one job, from its first byte at any to its last at all."""
    bare = free_port()
    command = [
        sys.executable,
        "-m",
        "benchmarks.bare_stream",
        str(bare),
        str(CLIENTS),
        str(PICTURE),
    ]
    with ExitStack() as stack:
        base_url = stack.enter_context(standing_in(SHORT))
        ours, _ = stack.enter_context(serving(rig, base_url))
        stack.enter_context(started(command, bare, rig.environment | {"PYTHONPATH": str(ROOT)}))
        taken = interleaved(
            rounds,
            lambda: {"ours": rig.runner.run(_fanned_out(ours))},
            lambda: {"bare": rig.runner.run(_fanned_out(bare))},
        )
    return Line(
        name=f"one picture to {CLIENTS} clients",
        ours=taken["ours"],
        against="one shared frame",
        base=taken["bare"],
        goal=1.43,
    )


def boot_line(rig: Rig, rounds: int) -> Line:
    """From spawning the server to its first answer; against the SDK's own server over HTTP."""
    result = rig.folder / "nothing.json"
    result.write_text('{"content": []}', encoding="utf-8")
    bare = [sys.executable, "-m", "benchmarks.bare_http", "{port}", str(result)]
    ours = [SERVER, "http", "--port", "{port}"]
    taken = interleaved(
        rounds, lambda: {"ours": _booted(rig, ours, 200)}, lambda: {"bare": _booted(rig, bare, 404)}
    )
    return Line(
        name="spawn → /health", ours=taken["ours"], against="bare mcp over HTTP", base=taken["bare"]
    )


def peak_memory(pid: int) -> float:
    """The most that the process ever had in memory at once, in MB; 0 where Linux is not."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)


def _booted(rig: Rig, command: list[str], status: int) -> float:
    port, start = free_port(), perf_counter()
    told = rig.environment | {"PYTHONPATH": str(ROOT)}
    with started([word.format(port=port) for word in command], port, told):
        server = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        server.request("GET", "/health")
        assert server.getresponse().status == status
        took = perf_counter() - start
        server.close()
    return took * 1000


async def _first_of_ours(port: int) -> float:
    """Read to the end, as the SDK's side does, so that nothing goes on in the next round."""
    body = {"prompt": prompt(), "partialImages": PREVIEWS}
    watcher = await watched(port, body, keep=True)
    first = next(frame for frame in watcher.frames if frame.kind == "partial")
    with Watch() as decoding:
        data = json.loads(first.whole.removeprefix(b"data: "))["data"]
        assert pybase64.b64decode(data["partialImage"], validate=True)
    return (first.ended - watcher.asked) * 1000 + decoding.wall


async def _first_of_the_sdk(client: AsyncOpenAI) -> float:
    took, start = 0.0, perf_counter()
    asked = parameters() | {"stream": True, "partial_images": PREVIEWS}
    stream: Any = await client.images.generate(**asked)
    async for event in stream:
        if not took:
            assert pybase64.b64decode(event.b64_json, validate=True)
            took = perf_counter() - start
    return took * 1000


async def _all_streamed(port: int, asked: Mapping[str, Any], streams: int = STREAMS) -> float:
    """The ms until all are whole; raise AssertionError unless each told all, in order.

    Where all ask for the same, only one of them may have cost a call.
    """
    bodies = [{"prompt": prompt(), **asked} for _ in range(streams)]
    with Watch() as watch:
        watchers = await asyncio.gather(*(watched(port, body) for body in bodies))
    whole = ["partial"] * asked.get("partialImages", 0) + ["complete"]
    for watcher in watchers:
        told = [frame for frame in watcher.frames if frame.kind not in ("", "progress")]
        assert [frame.kind for frame in told] == whole, watcher.frames
        assert min(frame.size for frame in told) > PICTURE / 2
    called = sum(b'"servedFrom":"provider"' in each.frames[-1].tail for each in watchers)
    assert called == len({body["prompt"] for body in bodies})
    return watch.wall


async def _fanned_out(port: int) -> float:
    body = {"prompt": prompt()}
    watchers = await asyncio.gather(*(watched(port, body) for _ in range(CLIENTS)))
    last = [watcher.frames[-1] for watcher in watchers]
    assert {frame.kind for frame in last} == {"complete"}
    return (max(frame.ended for frame in last) - min(frame.began for frame in last)) * 1000
