"""The CPU time and the memory of a process and its children, read from Linux's /proc."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def cpu_ms(pid: int, proc: Path = PROC) -> float:
    """The user and system time so far, in ms, in steps of one tick (10 ms on most systems).

    It includes children, those that run and those that ended and were waited for.
    """
    return _total(tree(pid, proc), lambda each: _ticks(proc / str(each) / "stat")) * 1000 / TICKS


def memory_mb(pid: int, proc: Path = PROC) -> float:
    """The memory in use in MB: all of the process, and its children's share of theirs.

    A page that several processes share is divided among them in a child's share (Pss). A child
    that was forked counts little, and one with pages of its own counts fully.
    """
    root, *children = tree(pid, proc)
    kilobytes = _field(proc / str(root) / "smaps_rollup", "Rss")
    kilobytes += _total(children, lambda each: _field(proc / str(each) / "smaps_rollup", "Pss"))
    return kilobytes * 1024 / 1e6


def tree(pid: int, proc: Path = PROC) -> Iterator[int]:
    """The process and all that descend from it."""
    yield pid
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in sorted((proc / str(pid) / "task").iterdir()):
            for child in (thread / "children").read_text().split():
                yield from tree(int(child), proc)


def _total(processes: Iterable[int], count: Callable[[int], int]) -> int:
    """The sum over all processes that did not end meanwhile."""
    total = 0
    for each in processes:
        with suppress(FileNotFoundError, ProcessLookupError):
            total += count(each)
    return total


def _ticks(file: Path) -> int:
    """User and system time of a process and of its ended children, from its `stat`.

    The name in parentheses may contain anything, so the fields are counted after it.
    """
    fields = file.read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


def _field(file: Path, name: str) -> int:
    lines = file.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
