"""The fastest tier: pictures in memory."""

import time
from collections.abc import Callable
from typing import NamedTuple

from cachetools import TLRUCache

from application.ports.image_cache import CacheEntry, CacheHit, ClearResult, TierStats

TIER = "memory"


class MemoryCache:
    """An ImageCache of this process, for the one event loop that uses it.

    Bounded by the bytes of the pictures alone; `ttl` in seconds of `clock`. A bound of 0 and a
    ttl of 0 keep nothing.
    """

    def __init__(
        self, max_bytes: int, ttl: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_bytes = max_bytes
        self._ttl = ttl
        self._clock = clock
        self._slots = _LruTtlMap(max_bytes, _expires_at, clock, _size)
        self._hits = self._misses = 0

    async def get(self, key: str, /) -> CacheHit | None:
        slot = self._slots.get(key)
        if slot is None:
            self._misses += 1
            return None
        self._hits += 1
        return CacheHit(entry=slot.entry, source=TIER, age=self._clock() - slot.stored)

    async def put(self, key: str, entry: CacheEntry, /, *, age: float = 0.0) -> None:
        self._slots.pop(key, None)  # before room is made: what is replaced is not evicted
        if 0 < self._max_bytes >= entry.size:
            stored = self._clock() - age
            self._slots[key] = _Slot(entry, stored, stored + self._ttl)

    async def clear(self) -> ClearResult:
        held = self._held()
        self._slots.clear()
        return held

    async def sweep(self) -> int:
        return len(self._slots.expire())

    async def stats(self) -> tuple[TierStats, ...]:
        held = self._held()
        return (
            TierStats(
                tier=TIER,
                entries=held.entries,
                bytes=held.bytes,
                max_bytes=self._max_bytes,
                ttl=self._ttl,
                hits=self._hits,
                misses=self._misses,
                evictions=self._slots.evictions,
            ),
        )

    async def close(self) -> None:
        self._slots.clear()

    def _held(self) -> ClearResult:
        with self._slots.timer:  # one moment for both numbers
            return ClearResult(entries=len(self._slots), bytes=int(self._slots.currsize))


class _Slot(NamedTuple):
    entry: CacheEntry
    stored: float
    end: float


class _LruTtlMap(TLRUCache[str, _Slot, float]):
    """Drops what has expired first, then what was unused the longest; counts only the latter.

    What has expired when it comes is not taken.
    """

    evictions = 0

    def popitem(self) -> tuple[str, _Slot]:
        evicted = super().popitem()
        self.evictions += 1
        return evicted


def _expires_at(_key: str, slot: _Slot, _now: float) -> float:
    return slot.end


def _size(slot: _Slot) -> int:
    return slot.entry.size
