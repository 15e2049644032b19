"""Pillow's work blocks no other work, and ends when nothing waits for it any more."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from adapters.pillow import worker_pool, worker_process
from adapters.pillow.frames import Message
from adapters.pillow.worker_pool import Refused, WorkerLost, WorkerPool, WorkFailed
from adapters.pillow.worker_process import Worker
from tests.architecture.checkout import ROOT
from tests.unit import worker_jobs

pytestmark = pytest.mark.anyio
MORE_THAN_ASYNCIO = 40
"""Threads; asyncio has 32 at most, whatever the machine."""

SERVER = f"""
import asyncio, sys
from adapters.pillow import worker_process
from adapters.pillow.worker_pool import WorkerPool
worker_process.START = {worker_jobs.START!r}

async def main():
    work = asyncio.create_task(WorkerPool(1).run("hang", sys.argv[1].encode()))
    await asyncio.wait([work], timeout=float(sys.argv[2]))

asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def _workers_for_tests(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers with the jobs of `worker_jobs`."""
    worker_process.IDLE.close()
    monkeypatch.setattr(worker_process, "START", worker_jobs.START)
    yield
    worker_process.IDLE.close()


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "pid"
    os.mkfifo(path)
    return path


async def pid_of_worker(pool: WorkerPool) -> object:
    facts, _ = await pool.run("echo", b"")
    return facts["pid"]


def has_ended(pid: int) -> bool:
    """Whether the process ends within some seconds; one that is only unreaped has ended."""
    for _ in range(1000):
        try:
            if " Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


async def test_bytes_and_facts_go_to_a_worker_and_back() -> None:
    data = os.urandom(1 << 20)
    facts, result = await WorkerPool(1).run("echo", data, {"side": 7, "format": None})
    assert result == data
    assert facts["options"] == {"side": 7, "format": None, "job": "echo"}


async def test_refusals_and_errors_of_the_work_are_passed_on() -> None:
    pool = WorkerPool(1)
    with pytest.raises(Refused, match=r"It is torn\."):
        await pool.run("refuse", b"")
    with pytest.raises(WorkFailed, match="ZeroDivisionError"):
        await pool.run("fail", b"")


async def test_a_worker_is_used_again_by_every_pool() -> None:
    assert await pid_of_worker(WorkerPool(1)) == await pid_of_worker(WorkerPool(2))


async def test_the_first_work_is_done_by_the_one_process_that_was_prepared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[Worker] = []

    def start() -> Worker:
        started.append(Worker())
        return started[-1]

    for module in (worker_process, worker_pool):
        monkeypatch.setattr(module, "Worker", start)
    pool = WorkerPool(1)
    pool.prepare()
    pool.prepare()
    assert len(started) == 1
    assert await pid_of_worker(pool)
    assert len(started) == 1


async def test_a_worker_knows_no_secret_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    facts, _ = await WorkerPool(1).run("echo", b"")
    names = facts["environment"]
    assert isinstance(names, list)
    assert set(names) <= {*worker_process.ENVIRONMENT, "LC_CTYPE"}


async def test_canceled_work_is_killed_and_its_place_is_free(fifo: Path) -> None:
    pool = WorkerPool(1)
    work = asyncio.create_task(pool.run("hang", bytes(fifo)))
    pid = int(await asyncio.to_thread(fifo.read_text))
    work.cancel()
    async with asyncio.timeout(20):
        assert await pid_of_worker(pool) != pid
    assert await asyncio.to_thread(has_ended, pid)


async def test_work_that_hangs_blocks_neither_later_work_nor_asyncio() -> None:
    pool = WorkerPool(MORE_THAN_ASYNCIO)
    works = [asyncio.create_task(pool.run("hang", b"")) for _ in range(3)]
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        assert await asyncio.to_thread(lambda: "asyncio's") == "asyncio's"
        assert await pid_of_worker(pool)
    for work in works:
        work.cancel()
    assert all(isinstance(end, asyncio.CancelledError) for end in await _ends(works))


async def _ends(works: Sequence[asyncio.Task[Message]]) -> list[object]:
    return list(await asyncio.gather(*works, return_exceptions=True))


async def test_a_caller_canceled_in_the_queue_starts_no_work(fifo: Path) -> None:
    pool = WorkerPool(1)
    first = asyncio.create_task(pool.run("hang", bytes(fifo)))
    await asyncio.to_thread(fifo.read_text)
    second = asyncio.create_task(pool.run("crash", b""))
    await asyncio.sleep(0)
    second.cancel()
    first.cancel()
    assert all(isinstance(end, asyncio.CancelledError) for end in await _ends([first, second]))
    assert await pid_of_worker(pool)


async def test_a_crash_costs_one_piece_of_work() -> None:
    pool = WorkerPool(1)
    before = await pid_of_worker(pool)
    with pytest.raises(WorkerLost):
        await pool.run("crash", b"")
    assert await pid_of_worker(pool) != before


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not enforce the limit")
async def test_memory_is_limited_and_given_back() -> None:
    pool = WorkerPool(1)
    before = await pid_of_worker(pool)
    with pytest.raises(WorkFailed, match="MemoryError"):
        await pool.run("fill", b"")
    assert await pid_of_worker(pool) != before


async def test_an_idle_worker_ends_and_the_next_work_starts_another() -> None:
    pool = WorkerPool(1)
    facts, _ = await pool.run("expire", b"")
    assert await asyncio.to_thread(has_ended, int(str(facts["pid"])))
    assert await pid_of_worker(pool) != facts["pid"]


def test_no_worker_outlives_a_server_that_is_killed(fifo: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVER, fifo, "60"], cwd=ROOT) as server:
        pid = int(fifo.read_text())
        server.send_signal(signal.SIGKILL)
    assert has_ended(pid)


def test_work_that_hangs_does_not_keep_the_process_alive(fifo: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVER, fifo, "3"], cwd=ROOT) as server:
        pid = int(fifo.read_text())
        assert server.wait(20) == 0
    assert has_ended(pid)
