"""Use case: clear the cache. Stored images are kept."""

from application.ports.image_cache import ClearResult, ImageCache

__all__ = ["ClearCache", "ClearResult"]


class ClearCache:
    """Removes all entries from the cache."""

    def __init__(self, cache: ImageCache) -> None:
        self.cache = cache

    async def __call__(self) -> ClearResult:
        """Return how much was removed; raise CacheUnavailable if any entry may be left."""
        return await self.cache.clear()
