"""Use case: report what the cache holds and how often it helped."""

from application.ports.image_cache import HasCacheStats, ImageCache, TierStats

__all__ = ["CacheStats", "TierStats"]


class CacheStats:
    """Reports the state of each tier that counts what it keeps."""

    def __init__(self, cache: ImageCache) -> None:
        self.cache = cache

    async def __call__(self) -> tuple[TierStats, ...]:
        """Return the fastest tier first, and nothing for a cache that does not count.

        Raises CacheUnavailable.
        """
        return await self.cache.stats() if isinstance(self.cache, HasCacheStats) else ()
