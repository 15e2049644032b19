"""Use case: take old pictures away, by age or by room."""

from contextlib import suppress
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.image_cache import ImageCache
from application.ports.image_store import DeletionResult, ImageStore
from domain.errors import CacheUnavailable

MIN_AGE = timedelta(hours=1)
"""A picture that is younger is never taken away for want of room: its caller may still come."""


class PruneImages:
    """Deletes the oldest pictures of all owners, as DeleteImage does."""

    def __init__(self, archive: ImageStore, cache: ImageCache, clock: Clock) -> None:
        self.archive = archive
        self.cache = cache
        self.clock = clock

    async def older_than(self, age: timedelta, /) -> DeletionResult:
        """Delete what was made before; say what went. Raises ArchiveUnavailable."""
        return await self._prune(age, keep_bytes=0)

    async def down_to(self, max_bytes: int, /) -> DeletionResult:
        """Delete the oldest until the rest has at most `max_bytes`, or is younger than SAFE_FOR."""
        return await self._prune(MIN_AGE, keep_bytes=max_bytes)

    async def _prune(self, age: timedelta, *, keep_bytes: int) -> DeletionResult:
        before = self.clock.now() - age
        deleted = await self.archive.prune(before, keep_bytes=keep_bytes)
        for fingerprint in deleted.fingerprints:
            with suppress(CacheUnavailable):  # its entries cannot be read either
                await self.cache.delete(fingerprint)
        return deleted
