"""The disk cache beyond the port's contract: its folder, its limits, its failures."""

import asyncio
import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import pytest

from adapters.cache import disk_index
from adapters.cache.disk import DiskCache
from application.ports.image_cache import CacheEntry
from domain.errors import CacheUnavailable
from tests.contracts.disk_folder import database, files, sql
from tests.testkit.contracts import image_cache
from tests.testkit.contracts.bounded_cache import BOUND, TTL, Clock
from tests.testkit.contracts.image_cache import kept, key

Open = Callable[..., DiskCache]
entry = Clock().entry
"""An entry that is created when the clock of its test starts."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def open_cache(tmp_path: Path, clock: Clock, anyio_backend: str) -> AsyncIterator[Open]:
    """Opens the same folder again, as a new process would."""
    caches = []

    def open_again(max_bytes: int = BOUND, ttl: float = TTL) -> DiskCache:
        caches.append(DiskCache(tmp_path / "cache", max_bytes, ttl, clock))
        return caches[-1]

    yield open_again
    for cache in caches:
        await cache.close()


@pytest.fixture
def cache(open_cache: Open) -> DiskCache:
    return open_cache()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    mount, umount = which("mount"), which("umount")
    options = ["-t", "tmpfs", "-o", "size=4m", "tmpfs", str(tmp_path)]
    if (
        not (mount and umount)
        or subprocess.run([mount, *options], check=False, capture_output=True).returncode
    ):
        pytest.skip("only root can mount a small disk")
    yield tmp_path
    subprocess.run([umount, "--lazy", str(tmp_path)], check=True)


@pytest.mark.anyio
class TestFolder:
    async def test_no_folder_is_created_before_the_first_use_or_by_a_disabled_cache(
        self, open_cache: Open, tmp_path: Path
    ) -> None:
        open_cache()
        for cache in (open_cache(max_bytes=0), open_cache(ttl=0.0)):
            await cache.put(key("a"), entry(10))
            assert await kept(cache, "a") == []
        assert list(tmp_path.iterdir()) == []

    async def test_only_the_users_account_can_access_the_entries(
        self, cache: DiskCache, tmp_path: Path
    ) -> None:
        (tmp_path / "cache" / "entries").mkdir(mode=0o777, parents=True)
        await cache.put(key("a"), entry(10))
        assert (tmp_path / "cache" / "entries").stat().st_mode & 0o777 == 0o700

    async def test_a_created_folder_is_not_accessible_to_others(
        self, cache: DiskCache, tmp_path: Path
    ) -> None:
        await cache.put(key("a"), entry(10))
        assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700

    async def test_entries_survive_a_restart(self, cache: DiskCache, open_cache: Open) -> None:
        await cache.put(key("a"), entry(40_000, model="m"))
        await cache.close()
        hit = await open_cache().get(key("a"))
        assert hit is not None
        assert hit.entry == entry(40_000, model="m")

    async def test_the_limits_of_this_process_apply(
        self, cache: DiskCache, open_cache: Open, clock: Clock
    ) -> None:
        for name in "abc":
            await cache.put(key(name), entry(30_000))
        clock.time += TTL
        assert await kept(open_cache(ttl=2 * TTL), *"abc") == ["a", "b", "c"]
        assert await kept(open_cache(ttl=2 * TTL, max_bytes=70_000), *"abc") == ["b", "c"]
        assert await kept(cache, *"bc") == []

    async def test_an_entry_from_the_future_is_a_miss(self, cache: DiskCache, clock: Clock) -> None:
        await cache.put(key("a"), entry(10))
        clock.time -= 10 * 24 * 3600
        assert await kept(cache, "a") == []
        assert await cache.sweep() == 1

    async def test_close_closes_every_file(self, cache: DiskCache, tmp_path: Path) -> None:
        await cache.put(key("a"), entry(10))
        await cache.get(key("a"))
        await cache.close()
        open_files = [
            link.readlink() for link in Path("/proc/self/fd").glob("*") if link.is_symlink()
        ]
        assert [file for file in open_files if file.is_relative_to(tmp_path)] == []

    async def test_a_removed_folder_is_created_again(
        self, cache: DiskCache, tmp_path: Path
    ) -> None:
        await cache.put(key("a"), entry(10))
        (tmp_path / "cache").rename(tmp_path / "elsewhere")
        assert await kept(cache, "a") == []
        await cache.put(key("a"), entry(10))
        assert await kept(cache, "a") == ["a"]
        assert len(files(tmp_path)) == 1


@pytest.mark.anyio
class TestFailures:
    async def test_a_file_instead_of_the_folder_is_cache_unavailable(
        self, cache: DiskCache, tmp_path: Path
    ) -> None:
        (tmp_path / "cache").write_bytes(b"the user's own")
        for call in (
            cache.get(key("a")),
            cache.put(key("a"), entry(10)),
            cache.stats(),
            cache.clear(),
            cache.sweep(),
        ):
            with pytest.raises(CacheUnavailable, match="cannot be used"):
                await call
        assert (tmp_path / "cache").read_bytes() == b"the user's own"

    async def test_a_read_only_folder_is_cache_unavailable(self) -> None:
        with TemporaryDirectory() as name:
            folder = Path(name)
            folder.chmod(0o555)
            root = os.geteuid() == 0
            if root:  # root may write whatever the mode is
                os.seteuid(65534)
            try:
                cache = DiskCache(folder, BOUND, TTL)
                with pytest.raises(CacheUnavailable, match="Permission denied"):
                    await cache.put(key("a"), entry(10))
                await cache.close()
            finally:
                if root:
                    os.seteuid(0)
                folder.chmod(0o700)
            assert list(folder.iterdir()) == []

    async def test_a_hit_needs_no_write_lock(
        self, open_cache: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(disk_index, "BUSY_SECONDS", 0)
        cache = open_cache()
        await cache.put(key("a"), entry(10))
        other = sqlite3.connect(database(tmp_path))
        other.execute("BEGIN IMMEDIATE")
        assert await kept(cache, "a") == ["a"]
        with pytest.raises(CacheUnavailable, match="database is locked"):
            await cache.put(key("b"), entry(10))
        other.close()
        assert len(files(tmp_path)) == 1
        await cache.put(key("b"), entry(10))
        assert await kept(cache, "a", "b") == ["a", "b"]

    async def test_an_entry_written_during_a_wait_is_not_from_the_future(
        self, cache: DiskCache, tmp_path: Path, clock: Clock
    ) -> None:
        await cache.put(key("a"), entry(10))
        other = sqlite3.connect(database(tmp_path))
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(cache.put(key("b"), entry(10)))
        while len(files(tmp_path)) < 2:  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0)
        clock.time += 5
        other.execute("UPDATE Cache SET store_time = ?", (clock.time,))
        other.commit()
        other.close()
        await waiting
        assert await kept(cache, "a", "b") == ["a", "b"]

    async def test_a_hanging_disk_is_cache_unavailable(
        self, cache: DiskCache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await cache.put(key(1), entry(10))
        hangs = threading.Event()
        with monkeypatch.context() as patch:
            patch.setattr("adapters.cache.disk.OPERATION_TIMEOUT", 0.05)
            patch.setattr(cache._folder, "find", lambda _: hangs.wait(30))
            for call in (cache.get(key(1)), cache.get(key(1)), cache.put(key(2), entry(10))):
                with pytest.raises(CacheUnavailable, match="did not respond in time"):
                    await call
        hangs.set()
        assert await cache.get(key(1))
        assert await cache.get(key(2)) is None

    async def test_facts_that_are_not_json_are_rejected_and_nothing_is_lost(
        self, cache: DiskCache
    ) -> None:
        await cache.put(key("a"), entry(10))
        for fact in (float("nan"), "\ud800"):
            with pytest.raises(CacheUnavailable):
                await cache.put(key("b"), CacheEntry(images=(), facts={"fact": fact}))
        assert await kept(cache, "a", "b") == ["a"]

    async def test_hits_and_clear_work_on_a_full_disk(self, small_disk: Path) -> None:
        cache = DiskCache(small_disk / "cache", 100_000_000, TTL)
        await cache.put(key(0), image_cache.entry(900_000))
        await cache.put(key(1), image_cache.entry(900_000))
        with (small_disk / "rest").open("wb", buffering=0) as rest:
            rest.write(bytes(4_000_000))
        with pytest.raises(CacheUnavailable, match="No space left"):
            await cache.put(key(2), image_cache.entry(900_000))
        assert await kept(cache, 0, 1) == [0, 1]
        assert (await cache.clear()).entries == 2
        await cache.put(key(3), image_cache.entry(900_000))
        assert await kept(cache, 0, 1, 3) == [3]
        await cache.close()

    async def test_clear_works_on_a_full_disk_after_a_restart(self, small_disk: Path) -> None:
        cache = DiskCache(small_disk / "cache", 100_000_000, TTL)
        await cache.put(key(0), image_cache.entry(900_000))
        await cache.close()
        with (small_disk / "rest").open("wb", buffering=0) as rest:
            rest.write(bytes(4_000_000))
        cache = DiskCache(small_disk / "cache", 100_000_000, TTL)
        assert (await cache.clear()).entries == 1
        await cache.put(key(3), image_cache.entry(500_000))
        assert await kept(cache, 0, 3) == [3]
        await cache.close()


@pytest.mark.anyio
class TestSweep:
    async def test_expired_rows_and_files_are_deleted(
        self, cache: DiskCache, tmp_path: Path, clock: Clock
    ) -> None:
        await cache.put(key("old"), entry(10))
        clock.time += TTL / 2
        await cache.put(key("young"), clock.entry(10))
        clock.time += TTL / 2
        assert await cache.sweep() == 1
        assert len(files(tmp_path)) == 1
        assert sql(tmp_path, "SELECT key FROM Cache") == [(key("young"),)]
        assert await kept(cache, "young") == ["young"]

    async def test_leftovers_of_a_crash_are_deleted_after_a_minute(
        self, cache: DiskCache, tmp_path: Path
    ) -> None:
        await cache.put(key("a"), entry(10))
        for name, age in (("0", 0), ("1", 120)):
            stray = tmp_path / "cache" / "entries" / "aa" / "bb" / f"{name * 28}.val"
            stray.parent.mkdir(parents=True, exist_ok=True)
            stray.write_bytes(b"")
            os.utime(stray, (time.time() - age,) * 2)
        await cache.sweep()
        assert len(files(tmp_path)) == 2
        assert await kept(cache, "a") == ["a"]
        await cache.clear()
        assert files(tmp_path) == []

    async def test_rows_without_files_are_not_counted(
        self, cache: DiskCache, tmp_path: Path
    ) -> None:
        for name in "ab":
            await cache.put(key(name), entry(10))
        files(tmp_path)[0].unlink()
        await cache.sweep()
        assert (await cache.stats())[0].entries == 1
