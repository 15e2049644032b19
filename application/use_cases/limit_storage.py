"""Use case: keep the stored images within a size."""

from collections.abc import Sequence

from application.image_trash import ImageTrash, batches
from application.ports.clock import Clock
from application.ports.image_cache import ImageCache
from application.result_cache import delete_entries
from application.use_cases.prune_images import MIN_AGE, oldest_images
from domain.deletion import DeletionResult, TrashEntry

RENDITIONS_SHARE = 1.0
"""The bytes of all renditions and previews, as a share of those of their images, that are counted
before they are measured. A JPEG of a PNG takes an eighth of it (docs/renditions.md)."""


class LimitStorage:
    """Frees space: first that of the trash, then that of the oldest images of all owners.

    Nothing that it deletes can be restored, because the trash counts as stored.
    """

    def __init__(self, trash: ImageTrash, cache: ImageCache, clock: Clock) -> None:
        self.trash = trash
        self.cache = cache
        self.clock = clock

    async def __call__(self, max_bytes: int, /) -> DeletionResult:
        """Delete until at most `max_bytes` are left, but no image younger than MIN_AGE.

        Return what was deleted. Raises ArchiveUnavailable. The stored bytes are measured only if
        the records do not tell that all of them, with RENDITIONS_SHARE, are within the limit.
        """
        recorded = await self.trash.records.total_bytes()
        if recorded is not None and recorded * (1 + RENDITIONS_SHARE) <= max_bytes:
            return DeletionResult()
        entries = await self.trash.entries()
        in_trash = sum(each.bytes for each in entries)
        stored = in_trash + sum(each.bytes for each in await self.trash.library.by_age())
        excess = _first_deleted(entries, stored - max_bytes)
        deleted = await self.trash.empty([each.image for each in excess])
        keep = max(0, max_bytes - in_trash + sum(each.bytes for each in excess))
        return deleted + await self._delete_oldest(keep)

    async def _delete_oldest(self, keep_bytes: int) -> DeletionResult:
        before, deleted = self.clock.now() - MIN_AGE, DeletionResult()
        library = self.trash.library
        oldest = await oldest_images(library, before, keep_bytes=keep_bytes)
        for batch in batches([each.image for each in oldest]):
            more = await library.delete(batch)
            await delete_entries(self.cache, more.fingerprints)
            deleted += more
        return deleted


def _first_deleted(entries: Sequence[TrashEntry], excess: int) -> list[TrashEntry]:
    """The entries that were deleted first and together have at least `excess` bytes."""
    found = list[TrashEntry]()
    for each in sorted(entries, key=lambda entry: entry.deleted_at):
        if excess <= 0:
            break
        found.append(each)
        excess -= each.bytes
    return found
