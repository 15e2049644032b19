"""The statistics that the memory tier and the disk tier share."""

from application.ports.image_cache import CacheHit, ClearResult, TierStats


class TierCounters:
    """The hits and misses of one tier since the process started, and its bounds."""

    def __init__(self, tier: str, max_bytes: int, ttl: float) -> None:
        self._tier = tier
        self._max_bytes = max_bytes
        self._ttl = ttl
        self._hits = self._misses = 0

    def count(self, hit: CacheHit | None) -> CacheHit | None:
        """Count the result of a look-up, and return it."""
        self._hits += hit is not None
        self._misses += hit is None
        return hit

    def stats(self, usage: ClearResult, evictions: int) -> tuple[TierStats, ...]:
        """Return the tier's state, given its present usage."""
        return (
            TierStats(
                tier=self._tier,
                entries=usage.entries,
                bytes=usage.bytes,
                max_bytes=self._max_bytes,
                ttl=self._ttl,
                hits=self._hits,
                misses=self._misses,
                evictions=evictions,
            ),
        )
