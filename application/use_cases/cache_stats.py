"""Use case: what the cache holds and how often it helped."""

from application.ports.image_cache import ImageCache, TierStats


class CacheStats:
    """Reports true figures, of live entries only."""

    def __init__(self, cache: ImageCache) -> None:
        self.cache = cache

    async def __call__(self) -> tuple[TierStats, ...]:
        """Each tier's state, the fastest first; raise CacheUnavailable if it cannot be told."""
        return await self.cache.stats()
