"""Pillow's work blocks no other work, however long it takes."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from adapters.pillow.thread_pool import PreviousRunActive, ThreadPool
from tests.architecture.checkout import ROOT

pytestmark = pytest.mark.anyio
MORE_THAN_ASYNCIO = 40
"""Threads; asyncio has 32 at most, whatever the machine."""

HANGING_WORK = """
import asyncio, contextlib, threading
from adapters.pillow.thread_pool import ThreadPool

async def main():
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            await ThreadPool(1).run(threading.Event().wait)

asyncio.run(main())
"""


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Work that hangs waits for this event; the end of the test sets it."""
    gate = threading.Event()
    yield gate
    gate.set()


async def abandon(pool: ThreadPool, gate: threading.Event, name: str = "") -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            await pool.run(gate.wait, name=name)


async def test_results_and_errors_of_the_work_are_passed_on() -> None:
    assert await ThreadPool(1).run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await ThreadPool(1).run(lambda: 1 // 0)


async def test_work_that_hangs_blocks_neither_later_work_nor_asyncio(
    gate: threading.Event,
) -> None:
    pool = ThreadPool(1)
    for _ in range(MORE_THAN_ASYNCIO):
        await abandon(pool, gate)
    async with asyncio.timeout(5):
        assert await pool.run(lambda: "later") == "later"
        assert await asyncio.to_thread(lambda: "asyncio's") == "asyncio's"


async def test_work_that_hangs_is_not_started_again_until_it_ends(gate: threading.Event) -> None:
    pool = ThreadPool(2)
    await abandon(pool, gate, "a bomb")
    with pytest.raises(PreviousRunActive):
        await pool.run(lambda: 7, name="a bomb")
    assert await pool.run(lambda: 7, name="an image") == 7
    gate.set()
    async with asyncio.timeout(5):
        while "a bomb" in pool._abandoned:  # noqa: ASYNC110 - its thread signals nothing
            await asyncio.sleep(0.005)
    assert await pool.run(lambda: 7, name="a bomb") == 7


async def test_a_caller_canceled_in_the_queue_starts_no_work(gate: threading.Event) -> None:
    pool = ThreadPool(1)
    first = asyncio.create_task(pool.run(gate.wait))
    await asyncio.sleep(0)
    await abandon(pool, gate, "an image")
    gate.set()
    assert await first
    assert await pool.run(lambda: 7, name="an image") == 7


def test_work_that_hangs_does_not_keep_the_process_alive() -> None:
    process = subprocess.run([sys.executable, "-c", HANGING_WORK], cwd=ROOT, timeout=20)
    assert process.returncode == 0
