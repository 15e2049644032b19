"""Every cache keeps the cache's promises; see test_disk_cache.py for more of the one on disk."""

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
        (tmp_path / "occupied").write_text("a file in the place of the folder")
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
    """The fake of the testkit keeps the small promises."""

    @pytest.fixture
    def open_cache(self) -> OpenCache:
        return DictCache

    @pytest.fixture
    def unavailable(self) -> ImageCache:
        return DictCache(fails=True)


class BrokenCache:
    """An ImageCache that can do nothing; `calls` has what was called."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def _refusal(self, what: str) -> CacheUnavailable:
        self.calls.append(what)
        return CacheUnavailable(f"no {what}")

    async def get(self, _key: str, /) -> CacheHit | None:
        raise self._refusal("get")

    async def put(self, _key: str, _entry: CacheEntry, /) -> None:
        raise self._refusal("put")

    async def delete(self, _key: str, /) -> None:
        raise self._refusal("delete")

    async def clear(self) -> ClearResult:
        raise self._refusal("clear")

    async def sweep(self) -> int:
        raise self._refusal("sweep")

    async def stats(self) -> tuple[TierStats, ...]:
        raise self._refusal("stats")

    async def close(self) -> None:
        raise self._refusal("close")


def memory(clock: Clock, max_bytes: int = BOUND) -> MemoryCache:
    return MemoryCache(max_bytes, TTL, clock, clock)


@pytest.mark.anyio
class TestTiers:
    async def test_what_a_slower_tier_has_fills_the_faster_ones(self, tmp_path: Path) -> None:
        clock = Clock()
        fast, slow = memory(clock), DiskCache(tmp_path, BOUND, TTL, clock)
        await slow.put(key("a"), entry(10))
        cache = TieredCache(fast, slow)
        hits = [await cache.get(key("a")) for _ in range(2)]
        assert [hit and hit.source for hit in hits] == ["disk", "memory"]
        assert [hit and hit.entry for hit in hits] == [entry(10)] * 2
        await cache.close()

    @pytest.mark.parametrize("fast", ["memory", "disk"])
    async def test_an_entry_gets_no_younger_on_its_way_up(self, tmp_path: Path, fast: str) -> None:
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

    async def test_everything_goes_to_every_tier(self) -> None:
        tiers = [memory(Clock()) for _ in range(3)]
        cache = TieredCache(*tiers)
        await cache.put(key("a"), entry(10))
        assert [await kept(tier, "a") for tier in tiers] == [["a"]] * 3
        assert len(await cache.stats()) == 3
        assert await cache.clear() == ClearResult(entries=3, bytes=30)
        assert [await kept(tier, "a") for tier in tiers] == [[]] * 3

    async def test_a_tier_need_not_count_or_be_swept(self) -> None:
        plain = DictCache()
        await plain.put(key("a"), entry(10))
        cache = TieredCache(memory(Clock()), plain)
        hits = [await cache.get(key("a")) for _ in range(2)]
        assert [hit and hit.source for hit in hits] == ["dict", "memory"]
        assert [tier.tier for tier in await cache.stats()] == ["memory"]
        assert await cache.sweep() == 0
        assert await TieredCache(plain).stats() == ()
        assert await cache.clear() == ClearResult(entries=2, bytes=20)

    async def test_what_is_deleted_is_gone_from_every_tier(self) -> None:
        tiers: list[ImageCache] = [memory(Clock()), DictCache()]
        cache = TieredCache(*tiers)
        await cache.put(key("a"), entry(10))
        await cache.delete(key("a"))
        assert [await kept(tier, "a") for tier in tiers] == [[], []]

    async def test_a_broken_tier_is_passed_over(self) -> None:
        for place in range(2):
            broken, sound = BrokenCache(), memory(Clock())
            tiers: list[ImageCache] = [sound]
            tiers.insert(place, broken)
            cache = TieredCache(*tiers)
            assert await cache.get(key("a")) is None
            await cache.put(key("a"), entry(10))
            assert await kept(cache, "a") == ["a"]
            assert [tier.entries for tier in await cache.stats()] == [1]

    @pytest.mark.parametrize("place", [0, 1])
    async def test_each_failure_that_is_passed_over_is_told(self, place: int) -> None:
        told: list[str] = []
        tiers: list[ImageCache] = [memory(Clock())]
        tiers.insert(place, BrokenCache())
        cache = TieredCache(*tiers, on_tier_failure=lambda failure: told.append(failure.message))
        await cache.get(key("a"))
        await cache.put(key("a"), entry(10))
        await cache.delete(key("a"))
        await cache.sweep()
        await cache.stats()
        assert told == ["no get", "no put", "no delete", "no sweep", "no stats"]

    async def test_what_a_faster_tier_cannot_take_is_told(self) -> None:
        told: list[str] = []
        sound = memory(Clock())
        await sound.put(key("a"), entry(10))
        cache = TieredCache(
            BrokenCache(), sound, on_tier_failure=lambda failure: told.append(failure.message)
        )
        assert await kept(cache, "a") == ["a"]
        assert sorted(told) == ["no get", "no put"]

    async def test_a_failure_that_is_raised_is_not_told_as_well(self) -> None:
        told: list[CacheUnavailable] = []
        cache = TieredCache(BrokenCache(), BrokenCache(), on_tier_failure=told.append)
        for call in (
            cache.get(key("a")),
            cache.put(key("a"), entry(10)),
            cache.delete(key("a")),
            cache.clear(),
        ):
            told.clear()
            with pytest.raises(CacheUnavailable) as raised:
                await call
            assert len(told) == 1
            assert raised.value not in told

    async def test_who_is_told_of_failures_can_cause_none(self) -> None:
        def rude(_: CacheUnavailable) -> None:
            raise OSError("the disk is full")

        cache = TieredCache(memory(Clock()), BrokenCache(), on_tier_failure=rude)
        await cache.put(key("a"), entry(10))
        assert await kept(cache, "a") == ["a"]

    async def test_nobody_is_told_that_all_is_cleared_when_it_is_not(self) -> None:
        sound = memory(Clock())
        await sound.put(key("a"), entry(10))
        with pytest.raises(CacheUnavailable, match="no clear"):
            await TieredCache(sound, BrokenCache()).clear()
        assert await kept(sound, "a") == []

    async def test_when_every_tier_is_broken_the_cache_is(self) -> None:
        cache = TieredCache(BrokenCache(), BrokenCache())
        for call in (cache.get(key("a")), cache.sweep(), cache.stats()):
            with pytest.raises(CacheUnavailable):
                await call

    async def test_every_tier_is_closed_though_one_refuses(self) -> None:
        first, last = BrokenCache(), BrokenCache()
        with pytest.raises(CacheUnavailable, match="no close"):
            await TieredCache(first, memory(Clock()), last).close()
        assert (first.calls, last.calls) == (["close"], ["close"])

    async def test_no_tier_at_all_keeps_nothing(self) -> None:
        cache = TieredCache()
        await cache.put(key("a"), entry(10))
        assert await cache.get(key("a")) is None
        assert await cache.stats() == ()


@pytest.mark.anyio
@pytest.mark.parametrize("jump", [-10 * TTL, 10 * TTL])
async def test_a_time_of_day_that_jumps_expires_nothing_in_memory(jump: float) -> None:
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
