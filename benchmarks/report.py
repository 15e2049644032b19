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

from benchmarks.forms import KIB, Row
from benchmarks.measure import Line, Machine, as_json
from entrypoints.bootstrap.version import version

FORMAT = 1
WIDTH = 150
"""Columns of the table where standard output is no terminal."""
MET = {True: "yes", False: "NO", None: ""}
UNITS = {"ratio": "×", "added": " ms more", "ms": " ms", "MB": " MB"}

Run = dict[str, Any]


def as_run(machine: Machine, lines: Sequence[Line], rows: Sequence[Row]) -> Run:
    """Everything that was measured, in the form that is kept."""
    return {
        "format": FORMAT,
        "version": version(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": asdict(machine),
        "lines": {line.name: as_json(line) for line in lines},
        "renditions": [asdict(row) for row in rows],
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
            _number(line.ratio),
            _number(line.ratio_of_minimums),
            "" if line.added is None else _ms(line.added),
            goal,
            MET[line.met],
        )
    return drawn


def comparisons(old: Run, new: Run) -> tuple[Table, Table]:
    """What both runs have: the lines, new over old, and the renditions, then and now."""
    return _lines_compared(old["lines"], new["lines"]), _renditions_compared(
        old.get("renditions", []), new["renditions"]
    )


def _lines_compared(old: Run, new: Run) -> Table:
    drawn = Table("line", box=SIMPLE)
    for name in ("old", "new", "new / old"):
        drawn.add_column(name, justify="right")
    for name, now in new.items():
        then = old.get(name)
        if then is None or then["judged"] != now["judged"]:
            continue
        before, after = float(then["value"]), float(now["value"])
        ratio = now["judged"] == "ratio" and now["ratio"] is not None
        unit = "MB" if now["judged"] == "MB" else "ms"
        change = f"{after / before:.2f}" if before > 0 else ""
        values = (f"{each:.2f}×" if ratio else f"{_ms(each)} {unit}" for each in (before, after))
        drawn.add_row(name, *values, change)
    return drawn


def _renditions_compared(old: Sequence[Run], new: Sequence[Run]) -> Table:
    drawn = Table("picture", "size", "asked", box=SIMPLE)
    for name in ("CPU ms", "KiB", "score"):
        drawn.add_column(f"{name}, old → new", justify="right")
    known = {_named(row): row for row in old}
    for now in new:
        then = known.get(_named(now))
        if then is not None and then["before"] == now["before"] != now["after"]:
            drawn.add_row(
                *_named(now),
                f"{then['cpu_ms']:.1f} → {now['cpu_ms']:.1f}",
                f"{then['after'] / KIB:.0f} → {now['after'] / KIB:.0f}",
                " → ".join(
                    "-" if row["score"] is None else f"{row['score']:.1f}" for row in (then, now)
                ),
            )
    return drawn


def _named(row: Run) -> tuple[str, str, str]:
    return row["picture"], row["size"], row["asked"]


def _times(taken: Sequence[float]) -> str:
    if not taken:
        return ""
    return f"{_ms(median(taken))} ({_ms(min(taken))})" if len(taken) > 1 else _ms(taken[0])


def _ms(value: float) -> str:
    """With a decimal; µs where there are no more than that."""
    return f"{value:.1f}" if abs(value) >= 0.1 else f"{value:.4f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
