"""`python -m benchmarks`: our speed as ratios, each measured within one run."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.groups import NAMES, RENDITIONS, measure, parse_names
from benchmarks.image_serving import NO_SERVERS, can_serve
from benchmarks.measure import Line, calibrate
from benchmarks.older.server import NO_OLDER_SERVER
from benchmarks.rendition_table import Row, rendition_rows, rendition_table, summary_table
from benchmarks.report import Run, compare_runs, console, describe_machine, load_run, table, to_run
from benchmarks.rig import rig
from benchmarks.samples import FOLDER, NO_PHOTOGRAPHS

ROUNDS = 30


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and save. A missed goal is printed and does not fail the run."""
    options = _parse(arguments)
    run = _measure_all(max(1, options.rounds), options.only, options.older_server)
    if options.json is not None:
        options.json.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    if options.compare is not None:
        out = console()
        out.print(f"old: {describe_machine(options.compare)}")
        out.print(f"new: {describe_machine(run)}", *compare_runs(options.compare, run), sep="\n")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="save the run there")
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help="rounds of the quick lines (%(default)s)"
    )
    parser.add_argument(
        "--compare", type=load_run, metavar="OLD.json", help="a saved run to compare with"
    )
    parser.add_argument(
        "--only",
        type=parse_names,
        default=NAMES,
        metavar="NAME[,NAME]",
        help=f"measure these groups only: {', '.join(NAMES)}",
    )
    parser.add_argument(
        "--older-server",
        type=Path,
        metavar="PATH",
        help="compare with the older Node server, a git checkout of which is there",
    )
    return parser.parse_args(arguments)


def _measure_all(rounds: int, names: Sequence[str], checkout: Path | None) -> Run:
    """Measure all lines and rows of these groups, and print them."""
    out, lines, rows = console(), list[Line](), list[Row]()
    with rig(checkout) as stand, out.status("calibrating") as status:
        machine = calibrate(stand.folder)
        for line in measure(stand, rounds, names):
            lines.append(line)
            status.update(f"measured: {line.name}")
        if RENDITIONS in names:
            for row in rendition_rows(stand, max(1, rounds // 10)):
                rows.append(row)
                status.update(f"measured: {row.image} as {row.requested}")
    run = to_run(machine, lines, rows)
    out.print(describe_machine(run), table(lines), sep="\n")
    if rows:
        out.print(rendition_table(rows), summary_table(rows), sep="\n")
    if RENDITIONS in names and not FOLDER.is_dir():
        out.print(NO_PHOTOGRAPHS)
    if "serving" in names and not can_serve():
        out.print(NO_SERVERS)
    if checkout is None:
        out.print(NO_OLDER_SERVER)
    return run


if __name__ == "__main__":
    main()
