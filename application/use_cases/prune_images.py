"""Use case: delete old images, by age or by size."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from application.image_trash import ImageTrash
from application.ports.clock import Clock
from application.ports.image_cache import ImageCache
from application.result_cache import delete_entries
from domain.deletion import DeletionResult, MeasuredImage
from domain.errors import InvalidRequest

MIN_AGE = timedelta(hours=1)
"""A younger image is never deleted to free space: its caller may not have fetched it yet."""


class PruneImages:
    """Finds the oldest images of all owners, and deletes them as DeleteImage does.

    Every method raises ArchiveUnavailable.
    """

    def __init__(self, trash: ImageTrash, cache: ImageCache, clock: Clock) -> None:
        self.trash = trash
        self.cache = cache
        self.clock = clock

    async def older_than(self, age: timedelta, /) -> Sequence[MeasuredImage]:
        """Return the images that are older, the oldest first; delete nothing.

        Raises InvalidRequest for an age that is not positive.
        """
        if age <= timedelta():
            raise InvalidRequest(
                "older-than must be more than 0: at 0, every image would go.",
                field="older-than",
                hint="Use an age such as 12h, 30d or 8w.",
            )
        return await self.trash.library.by_age(before=self.clock.now() - age)

    async def beyond(self, max_bytes: int, /) -> Sequence[MeasuredImage]:
        """Return the oldest images, so that the others take at most `max_bytes`; delete nothing.

        None of them is younger than MIN_AGE. Raises InvalidRequest for a size that is not positive.
        """
        if max_bytes <= 0:
            raise InvalidRequest(
                "max-size must be more than 0: at 0, every image would go.",
                field="max-size",
                hint="Use a number of megabytes such as 2000.",
            )
        before = self.clock.now() - MIN_AGE
        return oldest_images(await self.trash.library.by_age(), before, max_bytes)

    async def __call__(self, images: Collection[MeasuredImage], /) -> DeletionResult:
        """Move these images to the trash; return what was deleted.

        An image that was deleted since is ignored.
        """
        deleted = await self.trash.delete([each.image for each in images])
        await delete_entries(self.cache, deleted.fingerprints)
        return deleted


def oldest_images(
    by_age: Sequence[MeasuredImage], before: datetime, keep_bytes: int
) -> list[MeasuredImage]:
    """The images from before a time to delete so that the others take at most `keep_bytes`.

    `by_age` are all images, the oldest first.
    """
    left = sum(each.bytes for each in by_age)
    found = list[MeasuredImage]()
    for each in by_age:
        if left <= keep_bytes or each.created_at >= before:
            break
        found.append(each)
        left -= each.bytes
    return found
