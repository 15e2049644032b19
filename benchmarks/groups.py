"""The lines of a run, in groups that can be measured alone."""

from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.boot import boot_lines
from benchmarks.cache_hits import concurrent_line, fingerprint_lines, hit_lines
from benchmarks.calls import call_lines
from benchmarks.growth import growth_lines
from benchmarks.image_serving import serving_lines
from benchmarks.inspection import inspection_lines
from benchmarks.mcp_http import mcp_http_lines
from benchmarks.measure import Line
from benchmarks.older.bursts import burst_lines, memory_lines
from benchmarks.older.calls import call_cost_lines
from benchmarks.older.jpeg import jpeg_at_equal_score_lines
from benchmarks.openai_api import openai_api_lines
from benchmarks.parts import part_lines
from benchmarks.previews_and_sketches import preview_lines, sketch_lines
from benchmarks.renditions import default_line, jpeg_lines
from benchmarks.rig import Rig
from benchmarks.sockets import socket_lines
from benchmarks.startup import first_call_lines, first_image_lines, spawn_lines
from benchmarks.streams import stream_lines

RENDITIONS = "renditions"
"""The group of the tables of renditions, which are no lines."""
Group = Callable[[Rig, int], Iterable[Line]]


def _calls(rig: Rig, rounds: int) -> Iterator[Line]:
    in_process, over_stdio = call_lines(rig, rounds)
    yield in_process
    yield from part_lines(rig, rounds, in_process.value)
    yield over_stdio


def _hits(rig: Rig, rounds: int) -> Iterator[Line]:
    yield from hit_lines(rig, rounds)
    yield from fingerprint_lines(rounds)
    yield concurrent_line(rig, max(1, rounds // 10))


def _images(rig: Rig, rounds: int) -> Iterator[Line]:
    yield from inspection_lines(rig, rounds)
    yield default_line(rig, rounds)
    yield from jpeg_lines(rig, rounds)
    yield from preview_lines(rig, rounds)
    yield from sketch_lines(max(1, rounds // 6))


GROUPS: dict[str, Group] = {
    "spawn": lambda rig, rounds: spawn_lines(rig, max(1, rounds // 3)),
    "first-image": lambda rig, rounds: first_image_lines(rig, max(1, rounds // 3)),
    "first-call": lambda rig, rounds: first_call_lines(rig, max(1, rounds // 6)),
    "boot": lambda rig, rounds: boot_lines(rig, max(1, rounds // 3)),
    "calls": _calls,
    "openai-api": openai_api_lines,
    "call-cost": lambda rig, rounds: call_cost_lines(rig, max(1, rounds // 6)),
    "hits": _hits,
    "cached": mcp_http_lines,
    "serving": lambda rig, rounds: serving_lines(rig, max(1, rounds // 6)),
    "streams": stream_lines,
    "websocket": lambda rig, rounds: socket_lines(rig, max(1, rounds // 3)),
    "burst": lambda rig, rounds: burst_lines(rig, max(1, rounds // 10)),
    "memory": lambda rig, rounds: memory_lines(rig, max(1, rounds // 15)),
    "growth": lambda rig, rounds: growth_lines(rig, max(1, rounds // 6)),
    "images": _images,
    "jpeg": lambda rig, rounds: jpeg_at_equal_score_lines(rig, max(1, rounds // 10)),
}
"""Slow lines are measured in a fraction of the rounds."""
NAMES = (*GROUPS, RENDITIONS)


def parse_names(text: str) -> tuple[str, ...]:
    """The groups with these names, separated by commas. Raises ArgumentTypeError for others."""
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in NAMES]:
        raise ArgumentTypeError(f"no group is named {unknown[0]}; groups: {', '.join(NAMES)}")
    return names


def measure(rig: Rig, rounds: int, names: Sequence[str]) -> Iterator[Line]:
    """Measure the lines of these groups, in the order of GROUPS."""
    for name, lines in GROUPS.items():
        if name in names:
            yield from lines(rig, rounds)
