"""With any damage to the cache's folder, no wrong byte is served, and no code is run."""

import pickle
from collections.abc import Callable
from pathlib import Path
from random import Random
from shutil import copytree, ignore_patterns, rmtree

import pytest

from adapters.cache.disk import DiskCache
from adapters.cache.disk_files import BytesDisk, ForbiddenValue
from domain.errors import CacheUnavailable
from tests.contracts.disk_folder import database, files, sql
from tests.testkit.contracts.bounded_cache import BOUND, TTL
from tests.testkit.contracts.image_cache import entry, kept, key


def cut(folder: Path, rng: Random) -> None:
    file = rng.choice(files(folder))
    file.write_bytes(file.read_bytes()[: rng.randrange(file.stat().st_size)])


def flip(folder: Path, rng: Random) -> None:
    _overwrite(rng.choice(files(folder)), rng, 1)


def grow(folder: Path, rng: Random) -> None:
    with rng.choice(files(folder)).open("ab") as file:
        file.write(rng.randbytes(rng.randint(1, 5000)))


def swap(folder: Path, rng: Random) -> None:
    one, other = rng.sample(files(folder), 2)
    between = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(between)


def header(folder: Path, rng: Random) -> None:
    _overwrite(database(folder), rng, rng.randint(1, 100), start=0)


def middle(folder: Path, rng: Random) -> None:
    _overwrite(database(folder), rng, rng.randint(1, 20_000))


def shorten(folder: Path, rng: Random) -> None:
    file = database(folder)
    with file.open("r+b") as whole:
        whole.truncate(rng.randrange(file.stat().st_size))


def log(folder: Path, rng: Random) -> None:
    file = database(folder, "-wal")
    if file.exists() and file.stat().st_size:
        _overwrite(file, rng, rng.randint(1, 20_000))


def _overwrite(file: Path, rng: Random, max_bytes: int, start: int | None = None) -> None:
    size = file.stat().st_size
    start = rng.randrange(size) if start is None else start
    with file.open("r+b") as changed:
        changed.seek(start)
        changed.write(rng.randbytes(min(max_bytes, size - start)))


DAMAGES = (cut, flip, grow, swap, header, middle, shorten, log)


async def restart_after_crash(cache: DiskCache, folder: Path) -> DiskCache:
    """Reopen the folder in the state that a crash leaves, with the database's log."""
    crashed = copytree(folder / "cache", folder / "crashed", ignore=ignore_patterns("*-shm"))
    await cache.close()
    rmtree(folder / "cache")
    crashed.rename(folder / "cache")
    return DiskCache(folder / "cache", BOUND, TTL)


@pytest.mark.anyio
class TestDamage:
    @pytest.mark.parametrize("seed", range(56))
    async def test_no_damage_serves_a_wrong_byte_or_persists(
        self, tmp_path: Path, seed: int
    ) -> None:
        """Each kind of damage seven times: in an open cache, and between a crash and a restart."""
        rng = Random(seed)  # noqa: S311 - reproducible damage, no secrets
        entries = {key(name): entry(rng.randint(0, 5000), name) for name in range(12)}
        cache = DiskCache(tmp_path / "cache", BOUND, TTL)
        for name, written in entries.items():
            await cache.put(name, written)
        if seed // len(DAMAGES) % 2:
            cache = await restart_after_crash(cache, tmp_path)
        DAMAGES[seed % len(DAMAGES)](tmp_path, rng)
        for name, written in [*entries.items()] * 2:
            try:
                hit = await cache.get(name)
            except CacheUnavailable:
                continue
            assert hit is None or hit.entry == written
        await cache.sweep()
        for name, written in entries.items():
            await cache.put(name, written)
            hit = await cache.get(name)
            assert hit is not None
            assert hit.entry == written
        await cache.close()

    @pytest.mark.parametrize("damage", [cut, flip, grow, swap])
    async def test_a_changed_file_is_a_miss_and_deleted(
        self, tmp_path: Path, damage: Callable[[Path, Random], None]
    ) -> None:
        cache = DiskCache(tmp_path / "cache", BOUND, TTL)
        await cache.put(key(0), entry(1000, 0))
        await cache.put(key(1), entry(1000, 1))
        damage(tmp_path, Random(1))  # noqa: S311 - as above
        lost = 2 if damage is swap else 1
        assert len(await kept(cache, 0, 1)) == 2 - lost
        assert len(files(tmp_path)) == 2 - lost
        (tier,) = await cache.stats()
        assert (tier.entries, tier.misses, tier.evictions) == (2 - lost, lost, 0)
        await cache.close()

    async def test_only_the_last_damaged_database_is_quarantined_without_images(
        self, tmp_path: Path
    ) -> None:
        for seed in range(3):
            cache = DiskCache(tmp_path / "cache", BOUND, TTL)
            await cache.put(key(seed), entry(1000))
            await cache.close()
            header(tmp_path, Random(seed))  # noqa: S311 - as above
            damaged = database(tmp_path).read_bytes()
            cache = DiskCache(tmp_path / "cache", BOUND, TTL)
            assert await kept(cache, seed) == []
            await cache.close()
            (quarantined,) = (tmp_path / "cache").glob("*.damaged/*")
            assert quarantined.read_bytes() == damaged
        cache = DiskCache(tmp_path / "cache", BOUND, TTL)
        await cache.clear()
        assert not (tmp_path / "cache" / "entries.damaged").exists()
        await cache.close()

    async def test_a_process_continues_after_another_quarantined_its_database(
        self, tmp_path: Path
    ) -> None:
        one, other = (DiskCache(tmp_path / "cache", BOUND, TTL) for _ in range(2))
        await one.put(key(0), entry(1000))
        await other.put(key(1), entry(1000))
        (tmp_path / "cache" / "entries").rename(tmp_path / "cache" / "entries.damaged")
        await one.put(key(2), entry(1000))
        third = DiskCache(tmp_path / "cache", BOUND, TTL)
        assert await kept(third, 0, 1, 2) == [2]
        assert await kept(other, 0, 1, 2) == [2]
        for cache in (one, other, third):
            await cache.close()


class Bomb:
    """Unpickling this writes a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.marker,)


@pytest.mark.anyio
class TestPickle:
    @pytest.mark.parametrize("form", ["value", "file", "key", "setting"])
    async def test_a_planted_pickle_does_nothing(self, tmp_path: Path, form: str) -> None:
        cache, marker = DiskCache(tmp_path / "cache", BOUND, TTL), tmp_path / "marker"
        await cache.put(key("a"), entry(10))
        bomb = pickle.dumps(Bomb(marker))
        if form == "value":
            sql(tmp_path, "UPDATE Cache SET mode = 4, filename = NULL, value = ?", bomb)
        elif form == "file":
            files(tmp_path)[0].write_bytes(bomb)
            sql(tmp_path, "UPDATE Cache SET mode = 4, size = ?", len(bomb))
        elif form == "key":
            sql(tmp_path, "UPDATE Cache SET raw = 0, key = ?", bomb)
        else:
            for name in ("disk_pickle_protocol", "size", "eviction_policy", "get", "disk_x"):
                sql(tmp_path, "INSERT OR REPLACE INTO Settings VALUES (?, ?)", name, bomb)
            sql(tmp_path, "UPDATE Cache SET store_time = 0")
            await cache.close()
            cache = DiskCache(tmp_path / "cache", BOUND, TTL)
        assert await kept(cache, "a") == []
        await cache.sweep()
        assert (await cache.stats())[0].entries == 0
        await cache.put(key("a"), entry(10))
        assert await kept(cache, "a") == ["a"]
        assert not marker.exists()
        await cache.close()

    def test_no_pickle_is_written_or_read(self, tmp_path: Path) -> None:
        disk, marker = BytesDisk(str(tmp_path)), tmp_path / "marker"
        bomb = pickle.dumps(Bomb(marker))
        for refused in (
            lambda: disk.put(("a", "tuple")),
            lambda: disk.put(b"bytes"),
            lambda: disk.get(bomb, False),
            lambda: disk.store({"a": "dict"}, False),
            lambda: disk.store("text", False),
            lambda: disk.fetch(4, None, bomb, True),
            lambda: disk.fetch(4, f"aa/bb/{'c' * 28}.val", None, True),
        ):
            with pytest.raises(ForbiddenValue):
                refused()
        assert list(tmp_path.iterdir()) == []

    async def test_a_row_with_a_foreign_file_name_neither_reads_nor_deletes_that_file(
        self, tmp_path: Path
    ) -> None:
        cache = DiskCache(tmp_path / "cache", BOUND, TTL)
        theirs = tmp_path / "theirs"
        for name in (str(theirs), "../../theirs", "../cache.db"):
            await cache.put(key("a"), entry(10))
            theirs.write_bytes(files(tmp_path)[-1].read_bytes())
            sql(tmp_path, "UPDATE Cache SET filename = ?", name)
            assert await kept(cache, "a") == []
            assert theirs.exists()
        await cache.close()
