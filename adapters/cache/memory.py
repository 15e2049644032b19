"""The fastest tier: images in memory."""

import time
from collections.abc import Callable
from typing import NamedTuple

from cachetools import TLRUCache

from adapters.cache.tier_counters import TierCounters
from application.ports.image_cache import CacheEntry, CacheHit, ClearResult, TierStats

TIER = "memory"


class MemoryCache:
    """An ImageCache of this process, for the one event loop that uses it.

    Bounded by the bytes of the images alone: expired entries are evicted first, then the least
    recently used. An entry just written is not evicted to make room for itself; one larger than the
    bound is not kept. `ttl` is in seconds. With a bound or a ttl of 0 the cache stores nothing.

    `clock` is the time of day, in seconds since the epoch; it gives an entry's age once, when the
    entry is written. From then on `timer` counts, so that a clock that jumps expires nothing.
    """

    def __init__(
        self,
        max_bytes: int,
        ttl: float,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_bytes = max_bytes
        self._ttl = ttl
        self._clock = clock
        self._timer = timer
        self._counters = TierCounters(TIER, max_bytes, ttl)
        self._slots = _LruTtlMap(max_bytes, _expires_at, timer, _size)

    async def get(self, key: str, /) -> CacheHit | None:
        slot = self._slots.get(key)
        hit = CacheHit(entry=slot.entry, source=TIER) if slot is not None else None
        return self._counters.count(hit)

    async def put(self, key: str, entry: CacheEntry, /) -> None:
        self._slots.pop(key, None)  # before room is made: an entry that is replaced is not evicted
        if 0 < self._max_bytes >= entry.size:
            age = max(0.0, self._clock() - entry.created_at.timestamp())
            self._slots[key] = _Slot(entry, self._timer() + self._ttl - age)

    async def delete(self, key: str, /) -> None:
        self._slots.pop(key, None)

    async def clear(self) -> ClearResult:
        usage = self._usage()
        self._slots.clear()
        return usage

    async def sweep(self) -> int:
        return len(self._slots.expire())

    async def stats(self) -> tuple[TierStats, ...]:
        return self._counters.stats(self._usage(), self._slots.evictions)

    async def close(self) -> None:
        self._slots.clear()

    def _usage(self) -> ClearResult:
        with self._slots.timer:  # one moment for both numbers
            return ClearResult(entries=len(self._slots), bytes=int(self._slots.currsize))


class _Slot(NamedTuple):
    entry: CacheEntry
    expires_at: float


class _LruTtlMap(TLRUCache[str, _Slot, float]):
    """Drops expired slots first, then the least recently used; counts only the latter.

    A slot that has expired already is not added.
    """

    evictions = 0

    def popitem(self) -> tuple[str, _Slot]:
        evicted = super().popitem()
        self.evictions += 1
        return evicted


def _expires_at(_key: str, slot: _Slot, _now: float) -> float:
    return slot.expires_at


def _size(slot: _Slot) -> int:
    return slot.entry.size
