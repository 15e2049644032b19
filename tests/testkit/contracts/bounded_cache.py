"""What an ImageCache promises in addition if it is bounded by bytes, and counts."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from application.ports.image_cache import (
    CacheEntry,
    ClearResult,
    Fact,
    HasCacheStats,
    ImageCache,
    TierStats,
)

from .image_cache import ImageCacheContract, Now, OpenCache, entry, kept, key

BOUND = 100_000
TTL = 3600.0


class BoundedCache(ImageCache, HasCacheStats, Protocol):
    """A cache that counts what it keeps."""


class Clock:
    """A clock that stands still until it is moved. `time` is in seconds since the epoch."""

    def __init__(self) -> None:
        self.time = 1_795_000_000.0

    def __call__(self) -> float:
        return self.time

    def now(self) -> datetime:
        """The same moment, with a time zone."""
        return datetime.fromtimestamp(self.time, UTC)

    def entry(self, size: int, seed: int = 0, **facts: Fact) -> CacheEntry:
        """An entry that is created at this moment."""
        return entry(size, seed, created_at=self.now(), **facts)


class BoundedCacheContract(ImageCacheContract, ABC):
    """Return your cache from `build`; the suite tests the rest.

    Bytes are those of the images, and at most 1,000 more in all. Of several tiers, each has these
    bounds.
    """

    ttl = TTL

    @abstractmethod
    def build(
        self, folder: Path, max_bytes: int, ttl: float, clock: Callable[[], float]
    ) -> BoundedCache:
        """Return a cache that reads times from `clock`. Caches of one folder share its entries."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def now(self, clock: Clock) -> Now:
        return clock.now

    @pytest.fixture
    def open_cache(self, tmp_path: Path, clock: Clock) -> OpenCache:
        return lambda: self.build(tmp_path / "cache", BOUND, TTL, clock)

    async def test_replacing_or_deleting_an_entry_is_no_eviction(
        self, cache: BoundedCache, clock: Clock
    ) -> None:
        await cache.put(key("other"), clock.entry(30_000))
        for seed in range(5):
            await cache.put(key("a"), clock.entry(60_000, seed))
        assert await kept(cache, "other", "a") == ["other", "a"]
        assert all((tier.entries, tier.evictions) == (2, 0) for tier in await cache.stats())
        await cache.delete(key("a"))
        for tier in await cache.stats():
            assert (tier.entries, tier.evictions) == (1, 0)
            assert tier.bytes < 60_000

    async def test_the_least_recently_used_entry_is_evicted_first(
        self, cache: BoundedCache, clock: Clock
    ) -> None:
        for name in "abc":
            await cache.put(key(name), clock.entry(30_000))
        assert await kept(cache, "a") == ["a"]
        await cache.put(key("d"), clock.entry(30_000))
        assert {"a", "c", "d"} <= set(await kept(cache, *"acd"))
        assert [tier.evictions for tier in (await cache.stats())[:1]] == [1]

    async def test_no_more_entries_are_evicted_than_necessary(
        self, cache: BoundedCache, clock: Clock
    ) -> None:
        for name in range(9):
            await cache.put(key(name), clock.entry(10_000))
        await cache.put(key("large"), clock.entry(25_000))
        assert await kept(cache, *range(9), "large") == [*range(2, 9), "large"]
        assert all(tier.evictions == 2 for tier in await cache.stats())

    async def test_a_new_entry_is_kept_and_the_bound_is_never_exceeded(
        self, cache: BoundedCache, clock: Clock
    ) -> None:
        sizes = random.Random(7)  # noqa: S311 - sizes, no secrets
        for name in range(50):
            written = clock.entry(sizes.choice([0, 1, 500, 20_000, 60_000, 99_000]), name)
            await cache.put(key(name), written)
            hit = await cache.get(key(name))
            assert hit is not None
            assert hit.entry == written
            assert all(0 <= tier.bytes <= BOUND for tier in await cache.stats())

    async def test_an_entry_larger_than_the_bound_removes_only_the_one_of_its_key(
        self, cache: BoundedCache, clock: Clock
    ) -> None:
        await cache.put(key("a"), clock.entry(10))
        await cache.put(key("b"), clock.entry(10))
        await cache.put(key("a"), clock.entry(BOUND + 1))
        assert await kept(cache, "a", "b") == ["b"]
        assert all((tier.entries, tier.evictions) == (1, 0) for tier in await cache.stats())

    async def test_using_an_entry_does_not_extend_its_life(
        self, cache: BoundedCache, clock: Clock
    ) -> None:
        await cache.put(key("a"), clock.entry(10))
        clock.time += TTL - 1
        assert await kept(cache, "a") == ["a"]
        clock.time += 1
        assert await kept(cache, "a") == []
        for tier in await cache.stats():
            assert (tier.entries, tier.bytes, tier.evictions) == (0, 0, 0)

    async def test_a_newer_entry_has_the_whole_ttl_again(
        self, cache: BoundedCache, clock: Clock
    ) -> None:
        for seed in range(3):
            await cache.put(key("a"), clock.entry(10, seed))
            clock.time += TTL - 1
        assert await kept(cache, "a") == ["a"]

    async def test_the_age_counts_from_the_creation_and_not_from_put(
        self, cache: BoundedCache, clock: Clock
    ) -> None:
        older = clock.entry(10)
        clock.time += 1000
        await cache.put(key("a"), older)
        clock.time += TTL - 1001
        hits = [await cache.get(key("a")) for _ in range(2)]
        assert [hit and hit.entry for hit in hits] == [older] * 2
        clock.time += 1
        assert await kept(cache, "a") == []

    @pytest.mark.parametrize("age", [TTL, TTL + 1])
    async def test_an_entry_as_old_as_the_ttl_removes_only_the_one_of_its_key(
        self, cache: BoundedCache, clock: Clock, age: float
    ) -> None:
        old = clock.entry(60_000)
        clock.time += age
        await cache.put(key("a"), clock.entry(10))
        await cache.put(key("b"), clock.entry(60_000))
        await cache.put(key("a"), old)
        assert await kept(cache, "a", "b") == ["b"]
        assert all((tier.entries, tier.evictions) == (1, 0) for tier in await cache.stats())

    async def test_expired_entries_are_removed_before_live_ones(
        self, cache: BoundedCache, clock: Clock
    ) -> None:
        await cache.put(key("old"), clock.entry(60_000))
        clock.time += TTL / 2
        await cache.put(key("young"), clock.entry(30_000))
        clock.time += TTL / 2
        await cache.put(key("new"), clock.entry(60_000))
        assert await kept(cache, "old", "young", "new") == ["young", "new"]
        assert all(tier.evictions == 0 for tier in await cache.stats())

    @pytest.mark.parametrize(("max_bytes", "ttl"), [(0, TTL), (BOUND, 0.0), (0, 0.0)])
    async def test_a_bound_or_a_ttl_of_0_keeps_nothing(
        self, tmp_path: Path, clock: Clock, max_bytes: int, ttl: float
    ) -> None:
        cache = self.build(tmp_path / "cache", max_bytes, ttl, clock)
        await cache.put(key("a"), clock.entry(0))
        assert await cache.get(key("a")) is None
        assert all(tier.entries == 0 and tier.misses == 1 for tier in await cache.stats())
        await cache.delete(key("a"))
        await cache.close()

    async def test_clear_returns_how_much_it_removed(
        self, cache: BoundedCache, clock: Clock
    ) -> None:
        for name in "abc":
            await cache.put(key(name), clock.entry(10_000))
        before = await cache.stats()
        cleared = await cache.clear()
        assert cleared.entries == sum(tier.entries for tier in before) == 3 * len(before)
        assert cleared.bytes == sum(tier.bytes for tier in before)
        assert all(tier.entries == tier.bytes == 0 for tier in await cache.stats())
        assert await cache.clear() == ClearResult(entries=0, bytes=0)

    async def test_the_statistics_are_correct(self, cache: BoundedCache, clock: Clock) -> None:
        for name in "abcd":
            await cache.put(key(name), clock.entry(30_000))
        await kept(cache, "d", "d", "c", "never put")
        first, *others = await cache.stats()
        assert isinstance(first, TierStats)
        assert (first.entries, first.max_bytes, first.ttl) == (3, BOUND, TTL)
        assert (first.hits, first.misses, first.evictions) == (3, 1, 1)
        for tier in (first, *others):
            assert 90_000 <= tier.bytes <= 91_000
