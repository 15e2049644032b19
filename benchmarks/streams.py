"""What streams cost: the first preview, many streams at once, and many clients of one."""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any

import pybase64

from benchmarks.measure import Line, Watch, interleaved
from benchmarks.pulse import pulse
from benchmarks.rig import ROOT, Rig, parameters, prompt, standing_in
from benchmarks.serving import SERVER, free_port, started
from benchmarks.watching import Frame, Watcher, watched

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


def first_preview_line(rig: Rig, rounds: int) -> Line:
    """From asking to having the first preview's bytes; the stand-in paints at once."""
    asked = {"partialImages": PREVIEWS}
    with serving(rig, rig.base_url) as (port, _):
        taken = interleaved(
            rounds,
            lambda: {"ours": rig.runner.run(_first_of_ours(port, asked))},
            lambda: {"bare": rig.runner.run(_first_of_the_sdk(rig))},
        )
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
        Line(name="· /livez meanwhile, 95 %", ours=[quantiles(livez, n=20)[-1]], goal=MOST_LIVEZ, judged="ms"),
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
    command = [sys.executable, "-m", "benchmarks.bare_stream", str(bare), str(CLIENTS), str(PICTURE)]
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


def peak_memory(pid: int) -> float:
    """The most that the process ever had in memory at once, in MB; 0 where Linux is not."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)


async def _all_streamed(port: int, asked: Mapping[str, Any], streams: int = STREAMS) -> float:
    """The ms until all are whole; raise AssertionError unless each told all, in order."""
    with Watch() as watch:
        bodies = ({"prompt": prompt(), **asked} for _ in range(streams))
        told = await asyncio.gather(*(watched(port, body) for body in bodies))
    for frames in told:
        pictures = [frame for frame in frames if frame.size > PICTURE / 2]
        kinds = [frame.kind for frame in frames if frame.kind not in ("", "progress")]
        assert kinds == ["partial"] * asked.get("partialImages", 0) + ["complete"], kinds
        assert [frame.kind for frame in pictures] == kinds
        assert all(before.ended <= after.ended for before, after in pairwise(frames))
    return watch.wall


async def _fanned_out(port: int) -> float:
    body = {"prompt": prompt()}
    told = await asyncio.gather(*(watched(port, body) for _ in range(CLIENTS)))
    last = [frames[-1] for frames in told]
    assert {frame.kind for frame in last} == {"complete"}
    return (max(frame.ended for frame in last) - min(frame.began for frame in last)) * 1000
