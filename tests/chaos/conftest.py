"""Fixtures of every case: a stand-in and a trial."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.trial import Trial
from tests.standin import StandIn, body_faults

SHARE = float(os.environ.get("CHAOS_SHARE", "1"))
"""The share of each long case that runs: `CHAOS_SHARE=0.05 make chaos` while writing one."""


def share_of(number: int) -> int:
    """The part of the number that SHARE selects, at least 1."""
    return max(1, round(number * SHARE))


@pytest.fixture
def openai_api() -> Iterator[StandIn]:
    """A stand-in that generates tiny images by default."""
    with StandIn(default=body_faults.small(), keep_uploads=False) as api:
        yield api


@pytest.fixture
def trial(
    openai_api: StandIn, tmp_path: Path, record_property: Callable[[str, object], None]
) -> Iterator[Trial]:
    """A trial for a case; its counts are printed at the end of the run."""
    trial = Trial(api=openai_api, folder=tmp_path)
    yield trial
    counts = [f"{number} {name}" for name, number in sorted(trial.counts.items())]
    record_property("counts", ", ".join(counts + trial.notes))
