"""Use case: forget all kept answers. Pictures on disk stay."""

from application.ports.image_cache import ClearResult, ImageCache


class ClearCache:
    """Empties the cache, and nothing else."""

    def __init__(self, cache: ImageCache) -> None:
        self.cache = cache

    async def __call__(self) -> ClearResult:
        """Say how much was thrown away; raise CacheUnavailable if it cannot be."""
        return await self.cache.clear()
