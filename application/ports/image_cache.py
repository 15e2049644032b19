"""Port: where pictures are kept for a while, so that equal requests cost nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from domain.image import Image

Fact = str | int | float | None | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """Pictures, and a few small facts about them that JSON can hold."""

    images: tuple[Image, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the pictures alone."""
        return sum(len(image.data) for image in self.images)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheHit:
    """An entry, and the name of the tier that had it: `memory` or `disk`.

    `age` is how many seconds ago the entry was new, in whichever caches it was kept since then;
    never negative.
    """

    entry: CacheEntry
    source: str
    age: float = 0.0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearResult:
    """How much was thrown away."""

    entries: int
    bytes: int


class ImageCache(Protocol):
    """Remembers entries by key (a fingerprint: 64 hex digits) within bounds of bytes and time.

    What comes out is what went in, byte for byte, or nothing. An entry just written is not the
    one that is evicted for it; an entry larger than the bound is not kept at all. Every method
    raises CacheUnavailable when it cannot do its work: callers take that as a miss.
    """

    async def get(self, key: str, /) -> CacheHit | None:
        """The live entry of this key, or None. Using an entry keeps it from being evicted."""

    async def put(self, key: str, entry: CacheEntry, /, *, age: float = 0.0) -> None:
        """Keep the entry, in place of another of this key; evict those unused the longest.

        `age` is the seconds for which it was kept elsewhere; they count against the ttl. An entry
        as old as that is not kept, and neither is the other one.
        """

    async def clear(self) -> ClearResult:
        """Throw everything away."""

    async def sweep(self) -> int:
        """Let go of what has expired; return how many entries that were."""

    async def stats(self) -> tuple[TierStats, ...]:
        """Each tier's state, the fastest first."""

    async def close(self) -> None:
        """Let go of files and threads. The cache is not used afterwards."""
