"""A run as a table for people, as JSON to keep, and beside an older run."""

import json
from argparse import ArgumentTypeError
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Line, Machine, as_json
from entrypoints.version import version

FORMAT = 1
WIDTH = 140
"""Columns of the table where standard output is no terminal."""
MET = {True: "yes", False: "NO", None: ""}
UNITS = {"ratio": "×", "added": " ms more", "ms": " ms"}

Run = dict[str, Any]


def as_run(machine: Machine, lines: Sequence[Line]) -> Run:
    """Everything that was measured, in the form that is kept."""
    return {
        "format": FORMAT,
        "version": version(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": asdict(machine),
        "lines": {line.name: as_json(line) for line in lines},
    }


def loaded(path: str) -> Run:
    """A run that was kept; raise ArgumentTypeError when it is none that we can read."""
    try:
        run: Run = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ArgumentTypeError(f"{path} cannot be read: {error}") from error
    if run.get("format") != FORMAT:
        raise ArgumentTypeError(f"{path} is no run of format {FORMAT}")
    return run


def console() -> Console:
    """Standard output, wide enough for the table also in a file."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDTH)


def machine_words(run: Run) -> str:
    """One line about the machine and its calibration."""
    has = run["machine"]
    return (
        f"{run['at']} · {run['version']} · {has['system']}, {has['cpus']} CPUs, load "
        f"{has['load']:.1f} · Python {has['python']} · loop {has['loop_ms']:.1f} ms · "
        f"fsync {has['fsync_ms']:.2f} ms"
    )


def table(lines: Sequence[Line]) -> Table:
    """One row a line: medians with minimums, in ms, and what is made of them."""
    drawn = Table("line", "against", box=SIMPLE, caption="ms: median (minimum); ×: ours / theirs")
    for name in ("ours ms", "theirs ms", "×", "× of min", "added ms", "goal", "met"):
        drawn.add_column(name, justify="right", no_wrap=True)
    for line in lines:
        goal = "" if line.goal is None else f"≤ {line.goal:g}{UNITS[line.judged]}"
        drawn.add_row(
            line.name,
            line.against,
            _times(line.ours),
            _times(line.base),
            _number(line.ratio, 2),
            _number(line.ratio_of_minimums, 2),
            _number(line.added, 1),
            goal,
            MET[line.met],
        )
    return drawn


def comparison(old: Run, new: Run) -> Table:
    """One row for each line of both runs: what is judged, then and now, new over old."""
    drawn = Table("line", box=SIMPLE)
    for name in ("old", "new", "new / old"):
        drawn.add_column(name, justify="right")
    for name, now in new["lines"].items():
        then = old["lines"].get(name)
        if then is None or then["judged"] != now["judged"]:
            continue
        before, after = _judged(then), _judged(now)
        unit = "×" if now["judged"] == "ratio" and now["ratio"] is not None else " ms"
        change = f"{after / before:.2f}" if before > 0 else ""
        drawn.add_row(name, f"{before:.2f}{unit}", f"{after:.2f}{unit}", change)
    return drawn


def _judged(line: Run) -> float:
    return float(line["value"])


def _times(taken: Sequence[float]) -> str:
    if not taken:
        return ""
    return f"{median(taken):.1f} ({min(taken):.1f})" if len(taken) > 1 else f"{taken[0]:.1f}"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
