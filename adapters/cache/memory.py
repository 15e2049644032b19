"""The fastest tier: pictures in memory."""

import time
from collections.abc import Callable
from typing import NamedTuple

from cachetools import TLRUCache

from adapters.cache.aging import AgedHit
from application.ports.image_cache import Cleared, Entry, Hit, TierStats

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
        self._slots = _Slots(max_bytes, _end, clock, _size)
        self._hits = self._misses = 0

    async def get(self, key: str, /) -> Hit | None:
        slot = self._slots.get(key)
        if slot is None:
            self._misses += 1
            return None
        self._hits += 1
        return slot.hit

    async def put(self, key: str, entry: Entry, /) -> None:
        self._keep(key, entry, self._ttl)

    async def take_over(self, key: str, hit: AgedHit, /) -> None:
        self._keep(key, hit.entry, self._ttl - hit.age)

    async def clear(self) -> Cleared:
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

    def _held(self) -> Cleared:
        with self._slots.timer:  # one moment for both numbers
            return Cleared(entries=len(self._slots), bytes=int(self._slots.currsize))

    def _keep(self, key: str, entry: Entry, seconds: float) -> None:
        self._slots.pop(key, None)  # before room is made: what is replaced is not evicted
        if 0 < self._max_bytes >= entry.size and seconds > 0:
            self._slots[key] = _Slot(Hit(entry=entry, tier=TIER), seconds)


class _Slot(NamedTuple):
    hit: Hit
    seconds: float


class _Slots(TLRUCache[str, _Slot, float]):
    """Drops what has expired first, then what was unused the longest; counts only the latter."""

    evictions = 0

    def popitem(self) -> tuple[str, _Slot]:
        evicted = super().popitem()
        self.evictions += 1
        return evicted


def _end(_key: str, slot: _Slot, now: float) -> float:
    return now + slot.seconds


def _size(slot: _Slot) -> int:
    return slot.hit.entry.size
