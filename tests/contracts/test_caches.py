"""Every cache fulfills the port's contract; test_disk_cache.py has more tests of the disk cache."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.cache.disk import DiskCache
from adapters.cache.memory import MemoryCache
from adapters.cache.tiered import TieredCache
from application.ports.image_cache import CacheEntry, CacheHit, ClearResult, ImageCache, TierStats
from domain.errors import CacheUnavailable
from tests.testkit.contracts import image_cache
from tests.testkit.contracts.bounded_cache import (
    BOUND,
    TTL,
    BoundedCache,
    BoundedCacheContract,
    Clock,
)
from tests.testkit.contracts.image_cache import ImageCacheContract, OpenCache, kept, key
from tests.testkit.fakes import DictCache

entry = Clock().entry
"""An entry that is created when the clock of its test starts."""


class TestMemoryCache(BoundedCacheContract):
    def build(
        self, folder: Path, max_bytes: int, ttl: float, clock: Callable[[], float]
    ) -> BoundedCache:
        return MemoryCache(max_bytes, ttl, clock, clock)


class TestDiskCache(BoundedCacheContract):
    shares_store = True

    def build(
        self, folder: Path, max_bytes: int, ttl: float, clock: Callable[[], float]
    ) -> BoundedCache:
        return DiskCache(folder, max_bytes, ttl, clock)

    @pytest.fixture
    def unavailable(self, tmp_path: Path) -> ImageCache:
        (tmp_path / "occupied").write_text("a file instead of the folder")
        return DiskCache(tmp_path / "occupied", BOUND, TTL)


class TestTieredCache(BoundedCacheContract):
    def build(
        self, folder: Path, max_bytes: int, ttl: float, clock: Callable[[], float]
    ) -> BoundedCache:
        return TieredCache(
            MemoryCache(max_bytes, ttl, clock, clock), DiskCache(folder, max_bytes, ttl, clock)
        )

    @pytest.fixture
    def unavailable(self) -> ImageCache:
        return TieredCache(BrokenCache(), BrokenCache())


class TestDictCache(ImageCacheContract):
    """The fake of the testkit fulfills the basic contract."""

    @pytest.fixture
    def open_cache(self) -> OpenCache:
        return DictCache

    @pytest.fixture
    def unavailable(self) -> ImageCache:
        return DictCache(fails=True)


class BrokenCache:
    """An ImageCache whose methods all fail; `calls` has their names."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def _failure(self, what: str) -> CacheUnavailable:
        self.calls.append(what)
        return CacheUnavailable(f"no {what}")

    async def get(self, _key: str, /) -> CacheHit | None:
        raise self._failure("get")

    async def put(self, _key: str, _entry: CacheEntry, /) -> None:
        raise self._failure("put")

    async def delete(self, _key: str, /) -> None:
        raise self._failure("delete")

    async def clear(self) -> ClearResult:
        raise self._failure("clear")

    async def sweep(self) -> int:
        raise self._failure("sweep")

    async def stats(self) -> tuple[TierStats, ...]:
        raise self._failure("stats")

    async def close(self) -> None:
        raise self._failure("close")


def memory(clock: Clock, max_bytes: int = BOUND) -> MemoryCache:
    return MemoryCache(max_bytes, TTL, clock, clock)


@pytest.mark.anyio
class TestTiers:
    async def test_a_hit_in_a_slower_tier_fills_the_faster_ones(self, tmp_path: Path) -> None:
        clock = Clock()
        fast, slow = memory(clock), DiskCache(tmp_path, BOUND, TTL, clock)
        await slow.put(key("a"), entry(10))
        cache = TieredCache(fast, slow)
        hits = [await cache.get(key("a")) for _ in range(2)]
        assert [hit and hit.source for hit in hits] == ["disk", "memory"]
        assert [hit and hit.entry for hit in hits] == [entry(10)] * 2
        await cache.close()

    @pytest.mark.parametrize("fast", ["memory", "disk"])
    async def test_an_entry_keeps_its_age_in_a_faster_tier(self, tmp_path: Path, fast: str) -> None:
        clock = Clock()
        slow = DiskCache(tmp_path / "slow", BOUND, TTL, clock)
        on_disk = DiskCache(tmp_path / "fast", BOUND, TTL, clock)
        cache = TieredCache(memory(clock) if fast == "memory" else on_disk, slow)
        await slow.put(key("a"), entry(10))
        clock.time += TTL - 1
        assert await kept(cache, "a", "a") == ["a", "a"]
        assert [tier.hits for tier in await cache.stats()] == [1, 1]
        clock.time += 1
        assert await kept(cache, "a") == []
        await cache.close()
        await on_disk.close()

    async def test_put_and_clear_reach_every_tier(self) -> None:
        tiers = [memory(Clock()) for _ in range(3)]
        cache = TieredCache(*tiers)
        await cache.put(key("a"), entry(10))
        assert [await kept(tier, "a") for tier in tiers] == [["a"]] * 3
        assert len(await cache.stats()) == 3
        assert await cache.clear() == ClearResult(entries=3, bytes=30)
        assert [await kept(tier, "a") for tier in tiers] == [[]] * 3

    async def test_a_tier_without_stats_and_sweep_works(self) -> None:
        plain = DictCache()
        await plain.put(key("a"), entry(10))
        cache = TieredCache(memory(Clock()), plain)
        hits = [await cache.get(key("a")) for _ in range(2)]
        assert [hit and hit.source for hit in hits] == ["dict", "memory"]
        assert [tier.tier for tier in await cache.stats()] == ["memory"]
        assert await cache.sweep() == 0
        assert await TieredCache(plain).stats() == ()
        assert await cache.clear() == ClearResult(entries=2, bytes=20)

    async def test_delete_reaches_every_tier(self) -> None:
        tiers: list[ImageCache] = [memory(Clock()), DictCache()]
        cache = TieredCache(*tiers)
        await cache.put(key("a"), entry(10))
        await cache.delete(key("a"))
        assert [await kept(tier, "a") for tier in tiers] == [[], []]

    async def test_a_broken_tier_is_skipped(self) -> None:
        for position in range(2):
            broken, sound = BrokenCache(), memory(Clock())
            tiers: list[ImageCache] = [sound]
            tiers.insert(position, broken)
            cache = TieredCache(*tiers)
            assert await cache.get(key("a")) is None
            await cache.put(key("a"), entry(10))
            assert await kept(cache, "a") == ["a"]
            assert [tier.entries for tier in await cache.stats()] == [1]

    @pytest.mark.parametrize("position", [0, 1])
    async def test_every_skipped_failure_is_reported(self, position: int) -> None:
        reported: list[str] = []
        tiers: list[ImageCache] = [memory(Clock())]
        tiers.insert(position, BrokenCache())
        cache = TieredCache(
            *tiers, on_tier_failure=lambda failure: reported.append(failure.message)
        )
        await cache.get(key("a"))
        await cache.put(key("a"), entry(10))
        await cache.delete(key("a"))
        await cache.sweep()
        await cache.stats()
        assert reported == ["no get", "no put", "no delete", "no sweep", "no stats"]

    async def test_a_failure_to_fill_a_faster_tier_is_reported(self) -> None:
        reported: list[str] = []
        sound = memory(Clock())
        await sound.put(key("a"), entry(10))
        cache = TieredCache(
            BrokenCache(), sound, on_tier_failure=lambda failure: reported.append(failure.message)
        )
        assert await kept(cache, "a") == ["a"]
        assert sorted(reported) == ["no get", "no put"]

    async def test_a_raised_failure_is_not_reported_too(self) -> None:
        reported: list[CacheUnavailable] = []
        cache = TieredCache(BrokenCache(), BrokenCache(), on_tier_failure=reported.append)
        for call in (
            cache.get(key("a")),
            cache.put(key("a"), entry(10)),
            cache.delete(key("a")),
            cache.clear(),
        ):
            reported.clear()
            with pytest.raises(CacheUnavailable) as raised:
                await call
            assert len(reported) == 1
            assert raised.value not in reported

    async def test_an_error_in_the_failure_callback_is_ignored(self) -> None:
        def failing_callback(_: CacheUnavailable) -> None:
            raise OSError("the disk is full")

        cache = TieredCache(memory(Clock()), BrokenCache(), on_tier_failure=failing_callback)
        await cache.put(key("a"), entry(10))
        assert await kept(cache, "a") == ["a"]

    async def test_clear_fails_if_one_tier_fails(self) -> None:
        sound = memory(Clock())
        await sound.put(key("a"), entry(10))
        with pytest.raises(CacheUnavailable, match="no clear"):
            await TieredCache(sound, BrokenCache()).clear()
        assert await kept(sound, "a") == []

    async def test_the_cache_is_unavailable_if_every_tier_is(self) -> None:
        cache = TieredCache(BrokenCache(), BrokenCache())
        for call in (cache.get(key("a")), cache.sweep(), cache.stats()):
            with pytest.raises(CacheUnavailable):
                await call

    async def test_every_tier_is_closed_even_if_one_fails(self) -> None:
        first, last = BrokenCache(), BrokenCache()
        with pytest.raises(CacheUnavailable, match="no close"):
            await TieredCache(first, memory(Clock()), last).close()
        assert (first.calls, last.calls) == (["close"], ["close"])

    async def test_a_cache_without_tiers_stores_nothing(self) -> None:
        cache = TieredCache()
        await cache.put(key("a"), entry(10))
        assert await cache.get(key("a")) is None
        assert await cache.stats() == ()


@pytest.mark.anyio
@pytest.mark.parametrize("jump", [-10 * TTL, 10 * TTL])
async def test_a_jump_of_the_wall_clock_expires_nothing_in_memory(jump: float) -> None:
    clock, timer = Clock(), Clock()
    cache = MemoryCache(BOUND, TTL, clock, timer)
    await cache.put(key("a"), clock.entry(10))
    clock.time += jump
    assert await kept(cache, "a") == ["a"]
    timer.time += TTL
    assert await kept(cache, "a") == []


@pytest.mark.anyio
async def test_a_memory_hit_takes_microseconds() -> None:
    cache = MemoryCache(BOUND, TTL)
    await cache.put(key("a"), image_cache.entry(50_000))
    assert await kept(cache, "a") == ["a"]
    name, best = key("a"), 1.0
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(100):
            await cache.get(name)
        best = min(best, (time.perf_counter() - start) / 100)
    assert best <= 10e-6
