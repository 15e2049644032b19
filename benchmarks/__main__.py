"""`python -m benchmarks`: our speed as ratios, each measured within one run."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.cache_hits import concurrent_line, fingerprint_lines, hit_lines
from benchmarks.calls import call_lines
from benchmarks.image_serving import NO_SERVERS, can_serve, serving_lines
from benchmarks.inspection import inspection_lines
from benchmarks.mcp_http import mcp_http_lines
from benchmarks.measure import Line, calibrate
from benchmarks.parts import part_lines
from benchmarks.previews_and_sketches import preview_lines, sketch_lines
from benchmarks.rendition_table import Row, rendition_rows, rendition_table, summary_table
from benchmarks.renditions import default_line, jpeg_lines
from benchmarks.report import Run, compare_runs, console, describe_machine, load_run, table, to_run
from benchmarks.rig import Rig, rig
from benchmarks.samples import FOLDER, NO_PHOTOGRAPHS
from benchmarks.startup import first_call_lines, spawn_lines
from benchmarks.streams import stream_lines

ROUNDS = 30


def measure(rig: Rig, rounds: int) -> Iterator[Line]:
    """Measure all lines, the slow ones in a fraction of the rounds."""
    yield from spawn_lines(rig, max(1, rounds // 3))
    yield from first_call_lines(rig, max(1, rounds // 6))
    in_process, over_stdio = call_lines(rig, rounds)
    yield in_process
    yield from part_lines(rig, rounds, in_process.value)
    yield over_stdio
    yield from hit_lines(rig, rounds)
    yield from fingerprint_lines(rounds)
    yield concurrent_line(rig, max(1, rounds // 10))
    yield from mcp_http_lines(rig, rounds)
    yield from serving_lines(rig, max(1, rounds // 6))
    yield from stream_lines(rig, rounds)
    yield from inspection_lines(rig, rounds)
    yield default_line(rig, rounds)
    yield from jpeg_lines(rig, rounds)
    yield from preview_lines(rig, rounds)
    yield from sketch_lines(max(1, rounds // 6))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and save. A missed goal is printed and does not fail the run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="save the run there")
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help="rounds of the quick lines (%(default)s)"
    )
    parser.add_argument(
        "--compare", type=load_run, metavar="OLD.json", help="a saved run to compare with"
    )
    options = parser.parse_args(arguments)
    run = _measure_all(max(1, options.rounds))
    if options.json is not None:
        options.json.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    if options.compare is not None:
        out = console()
        out.print(f"old: {describe_machine(options.compare)}")
        out.print(f"new: {describe_machine(run)}", *compare_runs(options.compare, run), sep="\n")


def _measure_all(rounds: int) -> Run:
    """Measure all lines and rows, and print them."""
    out, lines, rows = console(), list[Line](), list[Row]()
    with rig() as stand, out.status("calibrating") as status:
        machine = calibrate(stand.folder)
        for line in measure(stand, rounds):
            lines.append(line)
            status.update(f"measured: {line.name}")
        for row in rendition_rows(stand, max(1, rounds // 10)):
            rows.append(row)
            status.update(f"measured: {row.image} as {row.requested}")
    run = to_run(machine, lines, rows)
    out.print(
        describe_machine(run), table(lines), rendition_table(rows), summary_table(rows), sep="\n"
    )
    if not FOLDER.is_dir():
        out.print(NO_PHOTOGRAPHS)
    if not can_serve():
        out.print(NO_SERVERS)
    return run


if __name__ == "__main__":
    main()
