"""The share of the cases that runs, and the report of their counts."""

import os
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

SHARE = float(os.environ.get("HOSTILE_SHARE", "1"))
"""The share of each long case that runs: `HOSTILE_SHARE=0.05 make hostile` while writing one."""


def share_of(number: int) -> int:
    """The part of the number that SHARE selects, at least 1."""
    return max(1, round(number * SHARE))


@pytest.fixture
def counts(record_property: Callable[[str, object], None]) -> Iterator[Counter[str]]:
    """The counts of a case, which are printed at the end of the run."""
    counts: Counter[str] = Counter()
    yield counts
    record_property(
        "counts", ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    )
