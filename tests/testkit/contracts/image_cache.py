"""What every ImageCache promises. The tests of a new one inherit this suite."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest

from application.ports.image_cache import CacheEntry, ClearResult, Fact, ImageCache
from domain.errors import CacheUnavailable
from domain.image import Image
from domain.results import ServedFrom

OpenCache = Callable[[], ImageCache]
Now = Callable[[], datetime]


def key(name: object) -> str:
    """A key of the usual length."""
    return f"{name!s:0>64}"


def entry(
    size: int, seed: int = 0, *, created_at: datetime | None = None, **facts: Fact
) -> CacheEntry:
    """An entry of one image of so many random bytes, created now unless it says when."""
    image = Image(random.Random(seed).randbytes(size))  # noqa: S311 - bytes to recognize, no secrets
    return CacheEntry(images=(image,), facts=facts, created_at=created_at or datetime.now(UTC))


async def kept(cache: ImageCache, *names: object) -> list[object]:
    """Those of the names that the cache still has."""
    return [name for name in names if await cache.get(key(name)) is not None]


@pytest.mark.anyio
class ImageCacheContract:
    """Give a fixture `open_cache`, and state what your cache can do; the suite tests that."""

    ttl: float | None = None
    """Seconds for which it keeps an entry, at least 60; None if entries do not expire."""
    shares_store = False
    """Whether all caches that one test opens share a store, and see each other's changes."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def open_cache(self) -> OpenCache:
        """Return a function that opens the cache. The suite closes what it opens."""
        pytest.fail("The class that inherits this suite opens the cache.")

    @pytest.fixture
    def unavailable(self) -> ImageCache | None:
        """Return the cache as it is when its store cannot be reached, if that can happen."""
        return None

    @pytest.fixture
    def now(self) -> Now:
        """Return the clock that the cache reads."""
        return lambda: datetime.now(UTC)

    @pytest.fixture
    async def opened(self, open_cache: OpenCache, anyio_backend: str) -> AsyncIterator[OpenCache]:
        async with AsyncExitStack() as stack:

            def open_and_close_later() -> ImageCache:
                cache = open_cache()
                stack.push_async_callback(cache.close)
                return cache

            yield open_and_close_later

    @pytest.fixture
    def cache(self, opened: OpenCache) -> ImageCache:
        return opened()

    async def test_an_entry_is_returned_byte_for_byte(self, cache: ImageCache, now: Now) -> None:
        images = tuple(Image(bytes([index]) * size) for index, size in enumerate((0, 1, 40_000)))
        facts: dict[str, Fact] = {
            "s": "ü \0 \n",
            "i": 2**60,
            "f": 0.1,
            "none": None,
            "list": ["a", ""],
            "": "",
        }
        whole = CacheEntry(images=images, facts=facts, created_at=now())
        await cache.put(key("a"), whole)
        for _ in range(2):
            hit = await cache.get(key("a"))
            assert hit is not None
            assert hit.entry == whole
            assert hit.source
            assert hit.source not in {ServedFrom.PROVIDER, ServedFrom.JOINED, ServedFrom.ARCHIVE}

    async def test_an_unknown_key_is_a_miss(self, cache: ImageCache, now: Now) -> None:
        await cache.put(key("a"), entry(10, created_at=now()))
        assert await cache.get(key("b")) is None

    async def test_a_later_entry_replaces_an_earlier(self, cache: ImageCache, now: Now) -> None:
        for seed in range(3):
            await cache.put(key("a"), entry(60_000, seed, created_at=now()))
        hit = await cache.get(key("a"))
        assert hit is not None
        assert hit.entry.images == entry(60_000, 2).images

    async def test_a_deleted_entry_is_a_miss(self, cache: ImageCache, now: Now) -> None:
        for name in "ab":
            await cache.put(key(name), entry(10, created_at=now()))
        await cache.delete(key("a"))
        await cache.delete(key("never put"))
        assert await kept(cache, "a", "b") == ["b"]
        await cache.put(key("a"), entry(10, created_at=now()))
        assert await kept(cache, "a", "b") == ["a", "b"]

    async def test_an_entry_expires_by_its_age_since_created_at(
        self, cache: ImageCache, now: Now
    ) -> None:
        if self.ttl is None:
            pytest.skip("entries of this cache do not expire")
        young, old = now() - timedelta(seconds=self.ttl - 30), now() - timedelta(seconds=self.ttl)
        for name, created_at in (("a", young), ("b", young), ("b", old), ("c", old)):
            await cache.put(key(name), entry(10, created_at=created_at))
        assert await kept(cache, "a", "b", "c") == ["a"]
        hit = await cache.get(key("a"))
        assert hit is not None
        assert hit.entry.created_at == young

    async def test_nothing_is_left_after_clear(self, cache: ImageCache, now: Now) -> None:
        for name in "abc":
            await cache.put(key(name), entry(10_000, created_at=now()))
        cleared = await cache.clear()
        assert cleared.entries >= 3
        assert cleared.bytes > 0
        assert await kept(cache, *"abc") == []
        assert await cache.clear() == ClearResult(entries=0, bytes=0)
        await cache.put(key("a"), entry(10, created_at=now()))
        assert await kept(cache, "a") == ["a"]

    async def test_concurrent_calls_do_not_mix_entries(self, cache: ImageCache, now: Now) -> None:
        entries = [entry(20_000, seed, created_at=now()) for seed in range(8)]

        async def work(number: int) -> None:
            for turn in range(6):
                name = key((number + turn) % 3)
                await cache.put(name, entries[number])
                hit = await cache.get(name)
                assert hit is None or hit.entry in entries
                if turn % 3 == 2:
                    await cache.delete(name)

        await asyncio.gather(*map(work, range(len(entries))))

    async def test_instances_that_share_a_store_see_each_others_changes(
        self, opened: OpenCache, now: Now
    ) -> None:
        if not self.shares_store:
            pytest.skip("each instance of this cache has a store of its own")
        one, other = opened(), opened()
        for name in "ab":
            await one.put(key(name), entry(10, created_at=now()))
        assert await kept(other, "a", "b") == ["a", "b"]
        await other.delete(key("a"))
        await other.put(key("b"), entry(20, created_at=now()))
        assert await kept(one, "a", "b") == ["b"]
        hit = await one.get(key("b"))
        assert hit is not None
        assert hit.entry.size == 20
        await one.clear()
        assert await kept(other, "a", "b") == []

    async def test_an_unreachable_store_raises_cache_unavailable(
        self, unavailable: ImageCache | None
    ) -> None:
        if unavailable is None:
            pytest.skip("the store of this cache can always be reached")
        for call in (
            unavailable.get(key("a")),
            unavailable.put(key("a"), entry(10)),
            unavailable.delete(key("a")),
            unavailable.clear(),
        ):
            with pytest.raises(CacheUnavailable):
                await call
