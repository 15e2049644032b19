"""Use case: report what the cache contains and how often it was used."""

from application.ports.image_cache import HasCacheStats, ImageCache, TierStats

__all__ = ["CacheStats", "TierStats"]


class CacheStats:
    """Reports the state of each cache tier that has statistics."""

    def __init__(self, cache: ImageCache) -> None:
        self.cache = cache

    async def __call__(self) -> tuple[TierStats, ...]:
        """Return the fastest tier first, and no tiers for a cache without statistics.

        Raises CacheUnavailable.
        """
        return await self.cache.stats() if isinstance(self.cache, HasCacheStats) else ()
