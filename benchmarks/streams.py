"""The cost of streams: the first preview, many concurrent streams, and many clients of one."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any

import pybase64
from openai import AsyncOpenAI

from benchmarks.image_serving import free_port, start_server
from benchmarks.liveness_probe import probe_liveness
from benchmarks.measure import Line, Stopwatch, interleave
from benchmarks.rig import ROOT, Rig, parameters, prompt, start_stand_in
from benchmarks.stream_client import read_stream

STREAMS = 100
PREVIEWS = 2
LONG, SHORT = 3.0, 1.0
"""Seconds that the stand-in takes for an image."""
CLIENTS = 64
IMAGE_BASE64 = 2_300_000
"""Approximate bytes of base64 of one image of the stand-in."""
MAX_MEMORY_MB = 800.0
MAX_LIVEZ_MS = 500.0
MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "67108864",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "MALLOC_TOP_PAD_": "16777216",
}
"""The settings for glibc in our Docker image."""


@contextmanager
def serve(rig: Rig, base_url: str, **environment: str) -> Iterator[tuple[int, int]]:
    """Run the installed command against that stand-in; yield its port and its process ID."""
    port = free_port()
    variables = rig.environment | {"OPENAI_BASE_URL": base_url, "RATE_LIMIT": "0", **environment}
    command = [rig.server, "http", "--port", str(port)]
    with start_server(command, port, variables) as process:
        yield port, process.pid


def stream_lines(rig: Rig, rounds: int) -> Iterator[Line]:
    """All lines of streams, the slow ones in a fraction of the rounds."""
    yield first_preview_line(rig, rounds)
    yield fan_out_line(rig, max(1, rounds // 3))
    yield from concurrent_lines(rig, max(1, rounds // 10))
    yield from load_lines(rig, max(1, rounds // 6))
    yield from load_lines(rig, max(1, rounds // 10), **MALLOC)


def first_preview_line(rig: Rig, rounds: int) -> Line:
    """From the request to the bytes of the first preview; the stand-in replies at once."""
    run, stack = rig.runner.run, AsyncExitStack()
    client = run(stack.enter_async_context(rig.client()))
    try:
        with serve(rig, rig.base_url) as (port, _):
            times = interleave(
                rounds,
                lambda: {"ours": run(_time_our_first_preview(port))},
                lambda: {"bare": run(_time_sdk_first_preview(client))},
            )
    finally:
        run(stack.aclose())
    return Line(
        name="first preview, 1.7 MB",
        ours=times["ours"],
        against="bare SDK stream",
        base=times["bare"],
        goal=2.0,
    )


def load_lines(rig: Rig, rounds: int, **environment: str) -> list[Line]:
    """Many concurrent streams with previews, several times, each with another prompt."""
    options = {"partialImages": PREVIEWS}
    with start_stand_in(LONG) as base_url, serve(rig, base_url, **environment) as (port, pid):
        with probe_liveness(port) as livez:
            walls = [rig.runner.run(_time_streams(port, options)) for _ in range(rounds)]
        memory = peak_memory(pid)
    name = f"{STREAMS} streams" + (" with MALLOC_*" if environment else "")
    return [
        Line(name=f"{name}, a round", ours=walls),
        Line(
            name="· /livez meanwhile, 95 %",
            ours=[quantiles(livez, n=20)[-1]],
            goal=MAX_LIVEZ_MS,
            judged="ms",
        ),
        Line(name="· peak memory, MB", ours=[memory], goal=MAX_MEMORY_MB, judged="MB"),
    ]


def concurrent_lines(rig: Rig, rounds: int) -> list[Line]:
    """Many concurrent requests, all different or all equal, to a provider that takes a second."""
    with start_stand_in(SHORT) as base_url, serve(rig, base_url) as (port, _):
        times = interleave(
            rounds,
            lambda: {"distinct": rig.runner.run(_time_streams(port, {}))},
            lambda: {"equal": rig.runner.run(_time_streams(port, {"prompt": prompt()}))},
            lambda: {"one": rig.runner.run(_time_streams(port, {}, streams=1))},
        )
    return [
        Line(
            name=f"{STREAMS} {kind} streams",
            ours=times[kind],
            against="one stream",
            base=times["one"],
            goal=goal,
            judged="ms",
        )
        for kind, goal in (("distinct", 6000.0), ("equal", 2000.0))
    ]


def fan_out_line(rig: Rig, rounds: int) -> Line:
    """One image to many clients of one job, from the first byte anywhere to the last everywhere."""
    bare = free_port()
    command = [
        rig.python,
        "-m",
        "benchmarks.bare_stream",
        str(bare),
        str(CLIENTS),
        str(IMAGE_BASE64),
    ]
    with ExitStack() as stack:
        base_url = stack.enter_context(start_stand_in(SHORT))
        ours, _ = stack.enter_context(serve(rig, base_url))
        stack.enter_context(
            start_server(command, bare, rig.environment | {"PYTHONPATH": str(ROOT)})
        )
        times = interleave(
            rounds,
            lambda: {"ours": rig.runner.run(_time_fan_out(ours))},
            lambda: {"bare": rig.runner.run(_time_fan_out(bare))},
        )
    return Line(
        name=f"one image to {CLIENTS} clients",
        ours=times["ours"],
        against="one shared frame",
        base=times["bare"],
        goal=1.43,
    )


def peak_memory(pid: int) -> float:
    """The peak memory of the process in MB; 0 except on Linux."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)


async def _time_our_first_preview(port: int) -> float:
    """Read to the end, as the SDK's side does, so that no work continues in the next round."""
    body = {"prompt": prompt(), "partialImages": PREVIEWS}
    client = await read_stream(port, body, keep=True)
    first = next(frame for frame in client.frames if frame.kind == "partial")
    with Stopwatch() as decoding:
        data = json.loads(first.whole.removeprefix(b"data: "))["data"]
        assert pybase64.b64decode(data["partialImage"], validate=True)
    return (first.ended - client.sent_at) * 1000 + decoding.wall


async def _time_sdk_first_preview(client: AsyncOpenAI) -> float:
    elapsed, start = 0.0, perf_counter()
    options = parameters() | {"stream": True, "partial_images": PREVIEWS}
    stream: Any = await client.images.generate(**options)
    async for event in stream:
        if not elapsed:
            assert pybase64.b64decode(event.b64_json, validate=True)
            elapsed = perf_counter() - start
    return elapsed * 1000


async def _time_streams(port: int, options: Mapping[str, Any], streams: int = STREAMS) -> float:
    """The ms until all are complete. Raises AssertionError unless each had all events, in order.

    Of equal requests only one may have cost a call.
    """
    bodies = [{"prompt": prompt(), **options} for _ in range(streams)]
    with Stopwatch() as watch:
        clients = await asyncio.gather(*(read_stream(port, body) for body in bodies))
    expected = ["partial"] * options.get("partialImages", 0) + ["complete"]
    for client in clients:
        images = [frame for frame in client.frames if frame.kind not in ("", "progress")]
        assert [frame.kind for frame in images] == expected, client.frames
        assert min(frame.size for frame in images) > IMAGE_BASE64 / 2
    called = sum(b'"servedFrom":"provider"' in each.frames[-1].tail for each in clients)
    assert called == len({body["prompt"] for body in bodies})
    return watch.wall


async def _time_fan_out(port: int) -> float:
    body = {"prompt": prompt()}
    clients = await asyncio.gather(*(read_stream(port, body) for _ in range(CLIENTS)))
    last = [client.frames[-1] for client in clients]
    assert {frame.kind for frame in last} == {"complete"}
    return (max(frame.ended for frame in last) - min(frame.began for frame in last)) * 1000
