"""Port: a cache of images, so that equal requests cost nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from domain.image import Image

Fact = str | int | float | None | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """Images, and a few small facts about them that JSON can hold.

    `created_at` has a time zone. A cache that expires entries counts their age from it, in
    whichever caches the entry was kept since.
    """

    images: tuple[Image, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def size(self) -> int:
        """Bytes of the images alone."""
        return sum(len(image.data) for image in self.images)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheHit:
    """An entry, and the name of the cache that had it, such as `memory`, `disk` or `redis`.

    Clients see the name as the source of their result, and metrics have it as a label. It is not
    one of those in `ServedFrom`, which mean that no cache was used.
    """

    entry: CacheEntry
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearResult:
    """How much was removed. `bytes` are counted as the cache counts them."""

    entries: int
    bytes: int


class ImageCache(Protocol):
    """Keeps entries by key (a fingerprint: 64 hex digits) for a while.

    What comes out is what went in, byte for byte, or nothing: a cache may drop any entry at any
    time. Every method raises CacheUnavailable when it cannot do its work; callers treat that as a
    miss. Every method returns or raises within seconds (`get`, `put` and `delete` of the disk cache
    within 15), because no caller sets a timeout. Instances that share one store see each other's
    changes.
    """

    async def get(self, key: str, /) -> CacheHit | None:
        """Return the live entry of this key, or None."""

    async def put(self, key: str, entry: CacheEntry, /) -> None:
        """Keep the entry, in place of another one of this key.

        Where the entry is too old or too large to be kept, the other one is removed all the same.
        """

    async def delete(self, key: str, /) -> None:
        """Remove the entry of this key, if there is one."""

    async def clear(self) -> ClearResult:
        """Remove all entries."""

    async def close(self) -> None:
        """Release files, threads and connections. The cache is not used afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierStats:
    """The state of one tier: live entries only. Bytes are those that the bound counts.

    Hits, misses and evictions are counted since the process started; an expired entry is no
    eviction. `ttl` is in seconds.
    """

    tier: str
    entries: int
    bytes: int
    max_bytes: int
    ttl: float
    hits: int
    misses: int
    evictions: int


@runtime_checkable
class HasCacheStats(Protocol):
    """An additional method of an ImageCache that counts its entries."""

    async def stats(self) -> tuple[TierStats, ...]:
        """Return the state of each tier, the fastest first; raise CacheUnavailable."""


@runtime_checkable
class Sweepable(Protocol):
    """An additional method of an ImageCache that does not remove expired entries at once."""

    async def sweep(self) -> int:
        """Remove what has expired; return the number of entries; raise CacheUnavailable."""
