"""Pillow's work holds up nobody, however long it takes."""

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
MORE_THAN_ASYNCIO_HAS = 40
"""Threads; asyncio has 32 at most, whatever the machine."""

HANGS_AND_ENDS = """
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
    """What hangs waits for this; it is opened at the end."""
    gate = threading.Event()
    yield gate
    gate.set()


async def given_up(workers: ThreadPool, gate: threading.Event, name: str = "") -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            await workers.run(gate.wait, name=name)


async def test_what_work_returns_and_raises_comes_through() -> None:
    assert await ThreadPool(1).run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await ThreadPool(1).run(lambda: 1 // 0)


async def test_work_that_hangs_holds_up_neither_later_work_nor_that_of_others(
    gate: threading.Event,
) -> None:
    workers = ThreadPool(1)
    for _ in range(MORE_THAN_ASYNCIO_HAS):
        await given_up(workers, gate)
    async with asyncio.timeout(5):
        assert await workers.run(lambda: "later") == "later"
        assert await asyncio.to_thread(lambda: "others'") == "others'"


async def test_what_hangs_is_not_begun_again_until_it_has_ended(gate: threading.Event) -> None:
    workers = ThreadPool(2)
    await given_up(workers, gate, "a bomb")
    with pytest.raises(PreviousRunActive):
        await workers.run(lambda: 7, name="a bomb")
    assert await workers.run(lambda: 7, name="a picture") == 7
    gate.set()
    async with asyncio.timeout(5):
        while "a bomb" in workers._abandoned:  # noqa: ASYNC110 - its thread tells nobody
            await asyncio.sleep(0.005)
    assert await workers.run(lambda: 7, name="a bomb") == 7


async def test_who_leaves_the_queue_leaves_nothing_behind(gate: threading.Event) -> None:
    workers = ThreadPool(1)
    first = asyncio.create_task(workers.run(gate.wait))
    await asyncio.sleep(0)
    await given_up(workers, gate, "a picture")
    gate.set()
    assert await first
    assert await workers.run(lambda: 7, name="a picture") == 7


def test_work_that_hangs_does_not_keep_the_process() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGS_AND_ENDS], cwd=ROOT, timeout=20)
    assert ended.returncode == 0
