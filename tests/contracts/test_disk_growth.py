"""The disk cache works as fast with many entries as with few: counted in steps of SQLite."""

import time
from pathlib import Path

import pytest

from adapters.cache.disk_index import DiskIndex, LiveInterval

SECONDS = 3600.0


def now() -> LiveInterval:
    at = time.time()
    return LiveInterval(at - SECONDS, at)


def add(index: DiskIndex, key: str) -> None:
    index.add(key, b"bytes", time.time(), now, max_bytes=10**9)


def steps(index: DiskIndex) -> tuple[int, int]:
    """Steps of SQLite to add an entry, and to read the statistics."""
    count = [0]

    def step() -> int:
        count[0] += 1
        return 0

    index._con.set_progress_handler(step, 1)
    try:
        add(index, "one more")
        added = count[0]
        index.usage(now())
        return added, count[0] - added
    finally:
        index._con.set_progress_handler(None, 1)


@pytest.fixture
def index(tmp_path: Path) -> DiskIndex:
    return DiskIndex(tmp_path)


def test_adding_and_counting_read_no_rows_but_their_own(index: DiskIndex) -> None:
    for number in range(5):
        add(index, f"first {number}")
    steps(index)  # from now on the entry replaces one of the same key
    few = steps(index)
    for number in range(300):
        add(index, f"more {number}")
    many = steps(index)
    index.close()
    assert many == few


def test_the_kept_sums_are_those_of_all_rows(index: DiskIndex) -> None:
    for number in range(20):
        index.add(f"key {number % 7}", b"b" * number or b"b", time.time(), now, max_bytes=60)
        rows = index.rows()
        counted = index.usage(now())
        assert (counted.entries, counted.bytes) == (len(rows), sum(size for _, size in rows))
        assert counted.bytes <= 60
    index.close()


def test_sums_that_another_program_changed_are_corrected(index: DiskIndex) -> None:
    for number in range(3):
        add(index, f"key {number}")
    for wrong in (-4, 10**12, "text", None):
        index._con.execute("UPDATE Settings SET value = ? WHERE key = 'size'", (wrong,))
        index.correct_totals()
        assert index.usage(now()).bytes == 15
    index.close()
