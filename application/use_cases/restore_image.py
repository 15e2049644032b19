"""Use case: take images out of the trash."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace

from application.image_trash import ImageTrash, RestoredImage
from application.jobs.stored_results import StoredResults
from application.ports.image_cache import ImageCache
from application.result_cache import to_entry
from domain.errors import ImageServiceError, NotFound
from domain.job_records import JobRecord, OwnedImage
from domain.jobs import LOCAL

GONE = "Its files are gone, or were changed."


class RestoreImage:
    """Brings deleted images back: bytes, renditions, records, and what is left of their cache."""

    def __init__(self, trash: ImageTrash, stored_results: StoredResults, cache: ImageCache) -> None:
        self.trash = trash
        self.stored_results = stored_results
        self.cache = cache

    async def __call__(self, image_id: str, /, *, owner: str = LOCAL) -> None:
        """Restore the image; one that is not deleted stays as it is.

        Raises NotFound if this owner does not have it, or if its bytes are gone, and
        ArchiveUnavailable.
        """
        image = OwnedImage(image_id, owner)
        if not await self._restore([image]):
            await self._check_not_deleted(image)

    async def last(self, *, owner: str | None = LOCAL) -> Sequence[str]:
        """Restore what was deleted last, all images if they were deleted together.

        Of this owner, or of all if `owner` is None. Return the IDs. Raises NotFound if nothing can
        be restored, and ArchiveUnavailable.
        """
        entries = await self.trash.entries(owner=owner)
        latest = max((each.deleted_at for each in entries), default=None)
        return await self._restore_some(
            [each.image for each in entries if each.deleted_at == latest]
        )

    async def all(self, *, owner: str | None = LOCAL) -> Sequence[str]:
        """Restore everything in the trash; return and raise as `last` does."""
        entries = await self.trash.entries(owner=owner)
        return await self._restore_some([each.image for each in entries])

    async def _restore_some(self, images: Collection[OwnedImage]) -> Sequence[str]:
        if not images:
            raise NotFound("The trash is empty.")
        restored = await self._restore(images)
        if not restored:
            raise NotFound(f"Nothing in the trash can be restored. {GONE}")
        return [each.image.id for each in restored]

    async def _restore(self, images: Collection[OwnedImage]) -> Sequence[RestoredImage]:
        restored = await self.trash.restore(images)
        for each in restored:
            for job_id in each.jobs:
                await self._restore_cached(job_id, each.image.owner)
        return restored

    async def _restore_cached(self, job_id: str, owner: str) -> None:
        """Cache the result of this job again, if it is whole, with the age that it has."""
        record = await self.trash.records.get(job_id, owner=owner)
        if record is None or len(record.images) != record.requested_images:
            return
        with suppress(ImageServiceError):  # then the same request generates a new image
            result = await self.stored_results.load(record)
            if len(result.images) == record.requested_images and not _has_notes(record):
                entry = replace(to_entry(result), created_at=record.changed_at)
                await self.cache.put(record.fingerprint, entry)

    async def _check_not_deleted(self, image: OwnedImage) -> None:
        if not await self.trash.records.image_refs(image):
            trashed = await self.trash.records.trash(owner=image.owner)
            if any(each.image == image for each in trashed):
                raise NotFound(f"{image.id} cannot be restored. {GONE}")
            raise NotFound.of_id("image", image.id)


def _has_notes(record: JobRecord) -> bool:
    """Whether an image is not as it was requested: such a result is never cached."""
    return any(image.notes for image in record.images)
