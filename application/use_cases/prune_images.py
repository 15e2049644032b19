"""Use case: delete old images, by age or by size."""

from datetime import datetime, timedelta
from itertools import islice

from application.image_library import DeletionResult, ImageLibrary
from application.ports.clock import Clock
from application.ports.image_cache import ImageCache
from application.result_cache import delete_entries
from domain.job_records import OwnedImage

MIN_AGE = timedelta(hours=1)
"""A younger image is never deleted to free space: its caller may not have fetched it yet."""
BATCH = 100
"""Images to delete in one transaction, during which nothing else is written to the records."""


class PruneImages:
    """Deletes the oldest images of all owners, as DeleteImage does."""

    def __init__(self, library: ImageLibrary, cache: ImageCache, clock: Clock) -> None:
        self.library = library
        self.cache = cache
        self.clock = clock

    async def older_than(self, age: timedelta, /) -> DeletionResult:
        """Delete the images that are older; return what was deleted. Raises ArchiveUnavailable."""
        return await self._prune(age, keep_bytes=0)

    async def down_to(self, max_bytes: int, /) -> DeletionResult:
        """Delete the oldest images until at most `max_bytes` are left, but none below MIN_AGE.

        Raises ArchiveUnavailable.
        """
        return await self._prune(MIN_AGE, keep_bytes=max_bytes)

    async def _prune(self, age: timedelta, *, keep_bytes: int) -> DeletionResult:
        deleted = DeletionResult()
        oldest = iter(await self._oldest(self.clock.now() - age, keep_bytes))
        while batch := list(islice(oldest, BATCH)):
            more = await self.library.delete(batch)
            await delete_entries(self.cache, more.fingerprints)
            deleted += more
        return deleted

    async def _oldest(self, before: datetime, keep_bytes: int) -> list[OwnedImage]:
        """The images to delete so that the others take at most `keep_bytes`."""
        by_age = await self.library.by_age()
        left = sum(each.bytes for each in by_age)
        found = list[OwnedImage]()
        for each in by_age:
            if left <= keep_bytes or each.created_at >= before:
                break
            found.append(each.image)
            left -= each.bytes
        return found
