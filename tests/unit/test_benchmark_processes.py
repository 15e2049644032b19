"""The benchmarks' reading of CPU time and memory from /proc."""

import os
from pathlib import Path

import pytest

from benchmarks.processes import TICKS, cpu_ms, memory_mb, tree

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")


def add_process(
    proc: Path, pid: int, ticks: tuple[int, int, int, int], rss: int, pss: int, children: str = ""
) -> None:
    (proc / str(pid) / "task" / str(pid)).mkdir(parents=True)
    (proc / str(pid) / "task" / str(pid) / "children").write_text(children)
    times = " ".join(map(str, ticks))
    stat = f"{pid} (a ) name) S 1 1 1 0 -1 0 0 0 0 0 {times} 20 0 1 0 99 0 0"
    (proc / str(pid) / "stat").write_text(stat)
    rollup = (
        f"00-ff ---p 00000000 00:00 0 [rollup]\nRss: {rss} kB\nPss: {pss} kB\nPss_Dirty: 9 kB\n"
    )
    (proc / str(pid) / "smaps_rollup").write_text(rollup)


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A server with a child that has a child."""
    add_process(tmp_path, 1, (10, 20, 3, 4), rss=100_000, pss=70_000, children="2 ")
    add_process(tmp_path, 2, (1, 1, 0, 0), rss=90_000, pss=20_000, children="3 ")
    add_process(tmp_path, 3, (5, 0, 0, 0), rss=80_000, pss=10_000)
    return tmp_path


def test_cpu_time_includes_children_that_run_and_that_ended(proc: Path) -> None:
    assert cpu_ms(1, proc) == (10 + 20 + 3 + 4 + 1 + 1 + 5) * 1000 / TICKS


def test_memory_is_all_of_the_process_and_the_childrens_share(proc: Path) -> None:
    assert memory_mb(1, proc) == pytest.approx((100_000 + 20_000 + 10_000) * 1024 / 1e6)


def test_a_child_that_ended_meanwhile_is_left_out(proc: Path) -> None:
    (proc / "2" / "task" / "2" / "children").write_text("3 4 ")
    assert list(tree(1, proc)) == [1, 2, 3, 4]
    assert memory_mb(1, proc) == pytest.approx((100_000 + 20_000 + 10_000) * 1024 / 1e6)


def test_this_process_has_used_time_and_memory() -> None:
    assert cpu_ms(os.getpid()) > 0
    assert memory_mb(os.getpid()) > 1
