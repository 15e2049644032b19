"""A run as a table, as JSON, and compared with an older run."""

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
from benchmarks.rendition_table import KIB, Row
from entrypoints.bootstrap.version import version

FORMAT = 2
WIDTH = 150
"""Columns of the table where standard output is not a terminal."""
MET = {True: "yes", False: "NO", None: ""}
UNITS = {"ratio": "×", "added": " ms more", "ms": " ms", "MB": " MB"}

Run = dict[str, Any]


def to_run(machine: Machine, lines: Sequence[Line], rows: Sequence[Row]) -> Run:
    """Everything that was measured, in the saved form."""
    return {
        "format": FORMAT,
        "version": version(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": asdict(machine),
        "lines": {line.name: as_json(line) for line in lines},
        "renditions": [asdict(row) for row in rows],
    }


def load_run(path: str) -> Run:
    """Load a saved run. Raises ArgumentTypeError if it cannot be read."""
    try:
        run: Run = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ArgumentTypeError(f"{path} cannot be read: {error}") from error
    if run.get("format") not in (1, FORMAT):
        raise ArgumentTypeError(f"{path} is not a run of format {FORMAT}")
    return run if run["format"] == FORMAT else _from_format_1(run)


def _from_format_1(run: Run) -> Run:
    """The run with the names of today's lines and rows."""
    lines = {name.replace("picture", "image"): line for name, line in run["lines"].items()}
    names = {"picture": "image", "sort": "kind", "asked": "requested"}
    rows = [
        {names.get(name, name): value for name, value in row.items()}
        for row in run.get("renditions", [])
    ]
    return {**run, "lines": lines, "renditions": rows}


def console() -> Console:
    """Standard output, wide enough for the table even in a file."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDTH)


def describe_machine(run: Run) -> str:
    """One line about the machine and its calibration."""
    has = run["machine"]
    return (
        f"{run['at']} · {run['version']} · {has['system']}, {has['cpus']} CPUs, load "
        f"{has['load']:.1f} · Python {has['python']} · loop {has['loop_ms']:.1f} ms · "
        f"fsync {has['fsync_ms']:.2f} ms"
    )


def table(lines: Sequence[Line]) -> Table:
    """One row for each line: medians with minimums in ms, and the computed values."""
    rows = Table("line", "against", box=SIMPLE, caption="ms: median (minimum); ×: ours / theirs")
    for name in ("ours ms", "theirs ms", "×", "× of min", "added ms", "goal", "met"):
        rows.add_column(name, justify="right", no_wrap=True)
    for line in lines:
        goal = "" if line.goal is None else f"≤ {line.goal:g}{UNITS[line.judged]}"
        rows.add_row(
            line.name,
            line.against,
            _times_text(line.ours),
            _times_text(line.base),
            _number(line.ratio),
            _number(line.ratio_of_minimums),
            "" if line.added is None else _ms(line.added),
            goal,
            MET[line.met],
        )
    return rows


def compare_runs(old: Run, new: Run) -> tuple[Table, Table]:
    """The lines of both runs, new over old, and the renditions of both."""
    return _compare_lines(old["lines"], new["lines"]), _compare_renditions(
        old.get("renditions", []), new["renditions"]
    )


def _compare_lines(old: Run, new: Run) -> Table:
    rows = Table("line", box=SIMPLE)
    for name in ("old", "new", "new / old"):
        rows.add_column(name, justify="right")
    for name, now in new.items():
        then = old.get(name)
        if then is None or then["judged"] != now["judged"]:
            continue
        before, after = float(then["value"]), float(now["value"])
        ratio = now["judged"] == "ratio" and now["ratio"] is not None
        unit = "MB" if now["judged"] == "MB" else "ms"
        change = f"{after / before:.2f}" if before > 0 else ""
        values = (f"{each:.2f}×" if ratio else f"{_ms(each)} {unit}" for each in (before, after))
        rows.add_row(name, *values, change)
    return rows


def _compare_renditions(old: Sequence[Run], new: Sequence[Run]) -> Table:
    rows = Table("image", "size", "requested", box=SIMPLE)
    for name in ("CPU ms", "KiB", "score"):
        rows.add_column(f"{name}, old → new", justify="right")
    known = {_row_key(row): row for row in old}
    for now in new:
        then = known.get(_row_key(now))
        if then is not None and then["before"] == now["before"] != now["after"]:
            rows.add_row(
                *_row_key(now),
                f"{then['cpu_ms']:.1f} → {now['cpu_ms']:.1f}",
                f"{then['after'] / KIB:.0f} → {now['after'] / KIB:.0f}",
                " → ".join(
                    "-" if row["score"] is None else f"{row['score']:.1f}" for row in (then, now)
                ),
            )
    return rows


def _row_key(row: Run) -> tuple[str, str, str]:
    return row["image"], row["size"], row["requested"]


def _times_text(times: Sequence[float]) -> str:
    if not times:
        return ""
    return f"{_ms(median(times))} ({_ms(min(times))})" if len(times) > 1 else _ms(times[0])


def _ms(value: float) -> str:
    """One decimal; four where the value is below 0.1."""
    return f"{value:.1f}" if abs(value) >= 0.1 else f"{value:.4f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
