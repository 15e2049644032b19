"""`python -m benchmarks.page RUN.json`: docs/what-it-costs.md and its charts, from a saved run."""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.page.charts import charts
from benchmarks.page.sections import SECTIONS, Run, values
from benchmarks.page.text import fill
from benchmarks.report import load_run
from benchmarks.rig import ROOT

PAGE = ROOT / "docs" / "what-it-costs.md"
IMAGES = ROOT / "docs" / "images"
LATEST = ROOT / "benchmarks" / "results" / "latest.json"


def files(run: Run) -> Iterator[tuple[Path, str]]:
    """The page and its charts, with the text that they have after this run."""
    yield PAGE, fill(PAGE.read_text("utf-8"), run)
    for name, svg in charts(run):
        yield IMAGES / name, svg


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page and the charts, and keep the run beside them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("run", type=load_run, help="what `make bench` saved with --json")
    run = parser.parse_args(arguments).run
    if missing := [each.name for each in SECTIONS if not list(values(run, each))]:
        parser.error(f"the run has no lines for {', '.join(missing)}: pass --older-server to it")
    for file, text in files(run):
        file.write_text(text, encoding="utf-8")
    LATEST.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
