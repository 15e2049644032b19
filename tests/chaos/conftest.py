"""What every case has: a stand-in, a trial, and a line of counts."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.trial import Trial
from tests.standin import StandIn, body_faults

SHARE = float(os.environ.get("CHAOS_SHARE", "1"))
"""The share of each long case that is run: `CHAOS_SHARE=0.05 make chaos` while one is written."""
COUNTED = "counted"


def share_of(number: int) -> int:
    """So many, or fewer where less than all is run."""
    return max(1, round(number * SHARE))


@pytest.fixture
def openai_api() -> Iterator[StandIn]:
    """A stand-in that paints tiny pictures unless it is told otherwise."""
    with StandIn(default=body_faults.small(), keep_uploads=False) as api:
        yield api


@pytest.fixture
def trial(
    openai_api: StandIn, tmp_path: Path, record_property: Callable[[str, object], None]
) -> Iterator[Trial]:
    """A trial to run a case under; what it counted is printed at the end of the run."""
    trial = Trial(api=openai_api, folder=tmp_path)
    yield trial
    counted = [f"{number} {name}" for name, number in sorted(trial.counts.items())]
    record_property(COUNTED, ", ".join(counted + trial.notes))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each case, with what it counted."""
    reports = [
        report
        for outcome in ("", "passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if getattr(report, "when", "") in ("call", "teardown")
    ]
    lines = {
        f"{report.nodeid.rpartition('/')[2]}: {value}"
        for report in reports
        for name, value in report.user_properties
        if name == COUNTED
    }
    if lines:
        terminalreporter.section("what was counted")
        for line in sorted(lines):
            terminalreporter.write_line(line)
