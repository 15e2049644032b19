"""What every ImageCache promises. A new one inherits this suite."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from application.ports.image_cache import CacheEntry, ClearResult, Fact, ImageCache, TierStats
from domain.image import Image

BOUND = 100_000
TTL = 3600.0
Open = Callable[..., ImageCache]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_795_000_000.0

    def __call__(self) -> float:
        return self.time


def key(name: object) -> str:
    """A key of the usual length."""
    return f"{name!s:0>64}"


def entry(size: int, seed: int = 0, **facts: str) -> CacheEntry:
    """An entry of one picture of so many bytes, none of which can be guessed."""
    return CacheEntry(images=(Image(random.Random(seed).randbytes(size)),), facts=facts)  # noqa: S311 - bytes to recognize, no secrets


async def kept(cache: ImageCache, *names: object) -> list[object]:
    """Those of the names that the cache still has."""
    return [name for name in names if await cache.get(key(name)) is not None]


@pytest.mark.anyio
class ImageCacheContract:
    """Say in `build` how one is made; the rest is asked of it here."""

    def build(
        self, folder: Path, max_bytes: int, ttl: float, clock: Callable[[], float]
    ) -> ImageCache:
        raise AssertionError("a contract's subclass builds the cache")

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    async def opened(self, tmp_path: Path, clock: Clock, anyio_backend: str) -> AsyncIterator[Open]:
        async with AsyncExitStack() as stack:

            def build(max_bytes: int = BOUND, ttl: float = TTL) -> ImageCache:
                cache = self.build(tmp_path / "cache", max_bytes, ttl, clock)
                stack.push_async_callback(cache.close)
                return cache

            yield build

    @pytest.fixture
    def cache(self, opened: Open) -> ImageCache:
        return opened()

    async def test_what_goes_in_comes_out_byte_for_byte(self, cache: ImageCache) -> None:
        pictures = tuple(Image(bytes([index]) * size) for index, size in enumerate((0, 1, 40_000)))
        facts: dict[str, Fact] = {
            "s": "ü \0 \n",
            "i": 2**60,
            "f": 0.1,
            "none": None,
            "list": ["a", ""],
            "": "",
        }
        whole = CacheEntry(images=pictures, facts=facts)
        await cache.put(key("a"), whole)
        for _ in range(2):
            hit = await cache.get(key("a"))
            assert hit is not None
            assert hit.entry == whole
            assert hit.source in {"memory", "disk"}

    async def test_an_unknown_key_is_a_miss(self, cache: ImageCache) -> None:
        await cache.put(key("a"), entry(10))
        assert await cache.get(key("b")) is None

    async def test_a_later_entry_takes_the_place_of_an_earlier(self, cache: ImageCache) -> None:
        await cache.put(key("other"), entry(30_000))
        for seed in range(5):
            await cache.put(key("a"), entry(60_000, seed))
        hit = await cache.get(key("a"))
        assert hit is not None
        assert hit.entry == entry(60_000, 4)
        assert await kept(cache, "other") == ["other"]
        for tier in await cache.stats():
            assert (tier.entries, tier.evictions) == (2, 0)

    async def test_the_one_unused_the_longest_goes_first(self, cache: ImageCache) -> None:
        for name in "abc":
            await cache.put(key(name), entry(30_000))
        assert await kept(cache, "a") == ["a"]
        await cache.put(key("d"), entry(30_000))
        assert {"a", "c", "d"} <= set(await kept(cache, *"acd"))
        assert [tier.evictions for tier in (await cache.stats())[:1]] == [1]

    async def test_only_as_many_go_as_must(self, cache: ImageCache) -> None:
        for name in range(9):
            await cache.put(key(name), entry(10_000))
        await cache.put(key("large"), entry(25_000))
        assert await kept(cache, *range(9), "large") == [*range(2, 9), "large"]
        assert all(tier.evictions == 2 for tier in await cache.stats())

    async def test_the_entry_just_written_survives_and_the_bound_holds(
        self, cache: ImageCache
    ) -> None:
        sizes = random.Random(7)  # noqa: S311 - sizes, no secrets
        for name in range(50):
            written = entry(sizes.choice([0, 1, 500, 20_000, 60_000, 99_000]), name)
            await cache.put(key(name), written)
            hit = await cache.get(key(name))
            assert hit is not None
            assert hit.entry == written
            assert all(0 <= tier.bytes <= BOUND for tier in await cache.stats())

    async def test_what_is_larger_than_the_bound_is_not_kept_and_displaces_only_its_own(
        self, cache: ImageCache
    ) -> None:
        await cache.put(key("a"), entry(10))
        await cache.put(key("b"), entry(10))
        await cache.put(key("a"), entry(BOUND + 1))
        assert await kept(cache, "a", "b") == ["b"]
        assert all((tier.entries, tier.evictions) == (1, 0) for tier in await cache.stats())

    async def test_an_entry_lives_for_its_time_however_often_it_is_used(
        self, cache: ImageCache, clock: Clock
    ) -> None:
        await cache.put(key("a"), entry(10))
        clock.time += TTL - 1
        assert await kept(cache, "a") == ["a"]
        clock.time += 1
        assert await kept(cache, "a") == []
        for tier in await cache.stats():
            assert (tier.entries, tier.bytes, tier.evictions) == (0, 0, 0)

    async def test_writing_anew_begins_a_new_life(self, cache: ImageCache, clock: Clock) -> None:
        for seed in range(3):
            await cache.put(key("a"), entry(10, seed))
            clock.time += TTL - 1
        assert await kept(cache, "a") == ["a"]

    async def test_an_entry_put_with_an_age_expires_that_much_earlier(
        self, cache: ImageCache, clock: Clock
    ) -> None:
        await cache.put(key("a"), entry(10), age=1000)
        clock.time += TTL - 1001
        hits = [await cache.get(key("a")) for _ in range(2)]
        assert [hit and hit.age for hit in hits] == [TTL - 1] * 2
        clock.time += 1
        assert await kept(cache, "a") == []

    @pytest.mark.parametrize("age", [TTL, TTL + 1])
    async def test_what_is_put_with_the_age_of_the_ttl_is_not_kept_and_ends_only_its_own(
        self, cache: ImageCache, age: float
    ) -> None:
        await cache.put(key("a"), entry(10))
        await cache.put(key("b"), entry(60_000))
        await cache.put(key("a"), entry(60_000), age=age)
        assert await kept(cache, "a", "b") == ["b"]
        assert all((tier.entries, tier.evictions) == (1, 0) for tier in await cache.stats())

    async def test_what_has_expired_makes_room_before_anything_alive(
        self, cache: ImageCache, clock: Clock
    ) -> None:
        await cache.put(key("old"), entry(60_000))
        clock.time += TTL / 2
        await cache.put(key("young"), entry(30_000))
        clock.time += TTL / 2
        await cache.put(key("new"), entry(60_000))
        assert await kept(cache, "old", "young", "new") == ["young", "new"]
        assert all(tier.evictions == 0 for tier in await cache.stats())

    @pytest.mark.parametrize(("max_bytes", "ttl"), [(0, TTL), (BOUND, 0.0), (0, 0.0)])
    async def test_a_bound_or_a_time_of_nothing_keeps_nothing(
        self, opened: Open, max_bytes: int, ttl: float
    ) -> None:
        cache = opened(max_bytes, ttl)
        await cache.put(key("a"), entry(0))
        assert await cache.get(key("a")) is None
        assert all(tier.entries == 0 and tier.misses == 1 for tier in await cache.stats())

    async def test_nothing_is_left_after_clear(self, cache: ImageCache) -> None:
        for name in "abc":
            await cache.put(key(name), entry(10_000))
        before = await cache.stats()
        cleared = await cache.clear()
        assert cleared.entries == sum(tier.entries for tier in before) == 3 * len(before)
        assert cleared.bytes == sum(tier.bytes for tier in before)
        assert await kept(cache, *"abc") == []
        assert all(tier.entries == tier.bytes == 0 for tier in await cache.stats())
        assert await cache.clear() == ClearResult(entries=0, bytes=0)
        await cache.put(key("a"), entry(10))
        assert await kept(cache, "a") == ["a"]

    async def test_the_numbers_are_true(self, cache: ImageCache) -> None:
        for name in "abcd":
            await cache.put(key(name), entry(30_000))
        await kept(cache, "d", "d", "c", "never put")
        first, *others = await cache.stats()
        assert isinstance(first, TierStats)
        assert (first.entries, first.max_bytes, first.ttl) == (3, BOUND, TTL)
        assert (first.hits, first.misses, first.evictions) == (3, 1, 1)
        for tier in (first, *others):
            assert 90_000 <= tier.bytes <= 91_000
