"""Use case: keep the stored images within a size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.image_trash import ImageTrash, batches
from application.ports.clock import Clock
from application.ports.image_cache import ImageCache
from application.result_cache import delete_entries
from application.use_cases.prune_images import MIN_AGE, oldest_images
from domain.deletion import DeletionResult, MeasuredImage, TrashEntry

DERIVED_SHARE = 4
"""The bytes of what was made from an image, at most, as a multiple of its own: three previews of
the full size, and a rendition."""
MEASURED_FOR = timedelta(hours=1)
"""A measurement counts for that long, with what was recorded since. A rendition that is requested
later than its image is noticed after this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measurement:
    """The bytes that were stored at a time, and the sum of the recorded sizes then."""

    at: datetime
    stored: int
    recorded: int


class LimitStorage:
    """Frees space: first that of the trash, then that of the oldest images of all owners.

    Nothing that it deletes can be restored, because the trash counts as stored.
    """

    def __init__(self, trash: ImageTrash, cache: ImageCache, clock: Clock) -> None:
        self.trash = trash
        self.cache = cache
        self.clock = clock
        self._last: _Measurement | None = None

    async def __call__(self, max_bytes: int, /) -> DeletionResult:
        """Delete until at most `max_bytes` are left, but no image younger than MIN_AGE.

        Return what was deleted. Raises ArchiveUnavailable. Files are measured only if the recorded
        sizes, with DERIVED_SHARE, do not show that all are within the limit.
        """
        recorded = await self.trash.records.total_bytes()
        if recorded is not None and self._bound(recorded) <= max_bytes:
            return DeletionResult()
        entries = await self.trash.entries()
        in_trash = sum(each.bytes for each in entries)
        by_age = await self.trash.library.by_age()
        stored = in_trash + sum(each.bytes for each in by_age)
        excess = _first_deleted(entries, stored - max_bytes)
        deleted = await self.trash.empty([each.image for each in excess])
        keep = max(0, max_bytes - in_trash + sum(each.bytes for each in excess))
        deleted += await self._delete(oldest_images(by_age, self.clock.now() - MIN_AGE, keep))
        self._last = None
        if recorded is not None and not deleted.images:
            self._last = _Measurement(at=self.clock.now(), stored=stored, recorded=recorded)
        return deleted

    def _bound(self, recorded: int) -> int:
        """The bytes that are stored at most, if the recorded sizes have this sum now."""
        last = self._last
        if last is None or self.clock.now() - last.at >= MEASURED_FOR:
            return recorded * (1 + DERIVED_SHARE)
        return last.stored + max(0, recorded - last.recorded) * (1 + DERIVED_SHARE)

    async def _delete(self, oldest: Sequence[MeasuredImage]) -> DeletionResult:
        deleted = DeletionResult()
        for batch in batches([each.image for each in oldest]):
            more = await self.trash.library.delete(batch)
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
