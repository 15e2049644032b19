"""`python -m benchmarks`: our speed as ratios, each measured in one run."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.cached import fingerprint_lines, hit_lines, together_line
from benchmarks.calls import call_lines
from benchmarks.forms import Row, form_rows, forms_table, summary_table
from benchmarks.mcp_http import mcp_http_lines
from benchmarks.measure import Line, calibrated
from benchmarks.parts import part_lines
from benchmarks.pictures import preview_lines, sketch_lines
from benchmarks.renditions import default_line, jpeg_lines
from benchmarks.report import Run, as_run, comparisons, console, loaded, machine_words, table
from benchmarks.rig import Rig, rig
from benchmarks.samples import FOLDER, MISSING
from benchmarks.serving import MISSING as NO_SERVING
from benchmarks.serving import can_serve, serving_lines
from benchmarks.startup import first_call_lines, spawn_lines
from benchmarks.streams import stream_lines

ROUNDS = 30


def measured(rig: Rig, rounds: int) -> Iterator[Line]:
    """All lines, the slow ones in a part of the rounds."""
    yield from spawn_lines(rig, max(1, rounds // 3))
    yield from first_call_lines(rig, max(1, rounds // 6))
    in_process, over_stdio = call_lines(rig, rounds)
    yield in_process
    yield from part_lines(rig, rounds, in_process.value)
    yield over_stdio
    yield from hit_lines(rig, rounds)
    yield from fingerprint_lines(rounds)
    yield together_line(rig, max(1, rounds // 10))
    yield from mcp_http_lines(rig, rounds)
    yield from serving_lines(rig, max(1, rounds // 6))
    yield from stream_lines(rig, rounds)
    yield default_line(rig, rounds)
    yield from jpeg_lines(rig, rounds)
    yield from preview_lines(rig, rounds)
    yield from sketch_lines(max(1, rounds // 6))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and keep. A goal that is missed is said, and fails nothing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the run there")
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help="of the quick lines (%(default)s)"
    )
    parser.add_argument("--compare", type=loaded, metavar="OLD.json", help="a run that was kept")
    options = parser.parse_args(arguments)
    run = _run(max(1, options.rounds))
    if options.json is not None:
        options.json.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    if options.compare is not None:
        out = console()
        out.print(f"old: {machine_words(options.compare)}")
        out.print(f"new: {machine_words(run)}", *comparisons(options.compare, run), sep="\n")


def _run(rounds: int) -> Run:
    """Measure all, and print it."""
    out, lines, rows = console(), list[Line](), list[Row]()
    with rig() as stand, out.status("calibrating") as status:
        machine = calibrated(stand.folder)
        for line in measured(stand, rounds):
            lines.append(line)
            status.update(f"measured: {line.name}")
        for row in form_rows(stand, max(1, rounds // 10)):
            rows.append(row)
            status.update(f"measured: {row.picture} as {row.asked}")
    run = as_run(machine, lines, rows)
    out.print(machine_words(run), table(lines), forms_table(rows), summary_table(rows), sep="\n")
    if not FOLDER.is_dir():
        out.print(MISSING)
    if not can_serve():
        out.print(NO_SERVING)
    return run


if __name__ == "__main__":
    main()
