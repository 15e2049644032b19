"""`python -m benchmarks`: our speed as ratios, each measured in one run."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.calls import call_lines
from benchmarks.measure import Line, calibrated
from benchmarks.parts import part_lines
from benchmarks.pictures import preview_lines, sketch_lines
from benchmarks.report import as_run, comparison, console, loaded, machine_words, table
from benchmarks.rig import Rig, rig
from benchmarks.startup import first_call_lines, spawn_lines

ROUNDS = 30


def measured(rig: Rig, rounds: int) -> Iterator[Line]:
    """All lines, the slow ones in a third or a sixth of the rounds."""
    yield from spawn_lines(rig, max(1, rounds // 3))
    yield from first_call_lines(rig, max(1, rounds // 6))
    in_process, over_stdio = call_lines(rig, rounds)
    yield in_process
    yield from part_lines(rig, rounds, in_process.value)
    yield over_stdio
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
    out, lines = console(), []
    with rig() as stand, out.status("calibrating") as status:
        machine = calibrated(stand.folder)
        for line in measured(stand, max(1, options.rounds)):
            lines.append(line)
            status.update(f"measured: {line.name}")
    run = as_run(machine, lines)
    out.print(machine_words(run), table(lines), sep="\n")
    if options.json is not None:
        options.json.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    if options.compare is not None:
        out.print(f"old: {machine_words(options.compare)}")
        out.print(f"new: {machine_words(run)}", comparison(options.compare, run), sep="\n")


if __name__ == "__main__":
    main()
