"""Memory that a burst of images took goes back to the operating system once no job is running."""

import asyncio
import platform
import sys
from pathlib import Path

import pytest

from domain.requests import GenerateRequest
from entrypoints.bootstrap import lifecycle
from entrypoints.bootstrap.free_memory import release_free_memory
from entrypoints.bootstrap.lifecycle import run_application
from tests.testkit.fakes import FakeProvider, settings_in

PAGES = Path("/proc/self/statm")
MEGABYTE = 1_000_000


def resident() -> int:
    return int(PAGES.read_text().split()[1]) * 4096


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only that library keeps memory")
def test_free_memory_is_returned() -> None:
    blocks = [bytes(100_000) for _ in range(2_000)]
    kept = blocks[::100]  # between them, nothing is returned on its own
    blocks.clear()
    before = resident()
    release_free_memory()
    assert resident() < before - 100 * MEGABYTE
    assert len(kept) == 20


def test_other_systems_have_nothing_to_return(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    release_free_memory()


@pytest.mark.anyio
async def test_memory_is_returned_once_after_the_last_of_some_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, done, gate = list[int](), asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def note() -> None:
        released.append(1)
        loop.call_soon_threadsafe(done.set)

    monkeypatch.setattr(lifecycle, "MEMORY_RELEASE_SECONDS", 0.01)
    monkeypatch.setattr(lifecycle, "release_free_memory", note)
    provider = FakeProvider(meanwhile=gate.wait)
    async with run_application(settings_in(tmp_path), provider=provider) as container:
        await asyncio.sleep(0.1)
        assert not released
        handle = await container.generate_image()(GenerateRequest(prompt="a red bridge"))
        await asyncio.sleep(0.1)
        assert not released
        gate.set()
        await handle.result()
        await done.wait()
        await asyncio.sleep(0.1)
    assert released == [1]
