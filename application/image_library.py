"""The images of all owners: the records have their owners, and the store has their bytes."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from application.ports.image_store import ImageStore
from application.ports.job_repository import JobRepository
from domain.deletion import DeletionResult, MeasuredImage
from domain.errors import NotFound
from domain.image import Image, StoredRef
from domain.job_records import OwnedImage
from domain.jobs import Job, JobState
from domain.requests import ImageRequest
from domain.results import ImageResult, ResultImage

RESTORE = (
    "Restore it with `gpt-image images restore {id}`, delete_image and undo: true, or "
    "POST /images/{id}/restore."
)


class NotRecorded(Exception):
    """The records do not have the job of this image: they were lost, or belong elsewhere.

    The image was not deleted, because the record of its job would have stayed.
    """


class ImageLibrary:
    """Finds, restores and deletes the images of owners. Every method raises ArchiveUnavailable."""

    def __init__(self, images: ImageStore, records: JobRepository) -> None:
        self.images = images
        self.records = records

    async def find(self, image_id: str, /, *, owner: str) -> Image:
        """Return the image; raise NotFound if this owner does not have it, or its bytes are gone.

        Bytes that were changed count as gone.
        """
        owned = OwnedImage(image_id, owner)
        places = await self.records.image_refs(owned)
        if not places:
            raise await self.missing(owned)
        image = await self._read(image_id, places)
        if image is None:
            image = await self._read(image_id, await self._out_of_trash(owned))
        if image is None:
            raise NotFound(f"The file of {image_id} was moved, changed or deleted.")
        return image

    async def missing(self, image: OwnedImage, /) -> NotFound:
        """Return the error for an image that this owner does not have outside the trash."""
        if any(each.image == image for each in await self.records.trash(owner=image.owner)):
            return NotFound(f"{image.id} is in the trash.", hint=RESTORE.format(id=image.id))
        return NotFound.of_id("image", image.id)

    async def ensure_stored(self, image: Image, /, *, owner: str, job_id: str) -> StoredRef:
        """Return where the image of this job is stored; store it again if its bytes are gone.

        Raises NotFound if this owner deleted the image, and NotRecorded if the records do not have
        the job. An image is not deleted if its record is missing only because the end of its job
        could not be recorded.
        """
        owned = OwnedImage(image.id, owner)
        places = await self.records.image_refs(owned)
        for stored in places:
            if await self.images.get(stored.ref, size=stored.size) == image:
                return stored
        job = await self.records.get(job_id, owner=owner)
        if places:
            return await self._store_again(image, owned, job.title if job else "")
        if job is None:
            raise NotRecorded(f"The job {job_id} is not recorded.")
        if job.state is JobState.STORED:
            raise NotFound(f"{image.id} was deleted.")
        return await self.images.put(image, title=job.title)

    async def record_again(
        self, job: Job[ImageRequest], result: ImageResult, /
    ) -> tuple[ResultImage, ...]:
        """Store the result's images, record its job, which was sent, and return the images."""
        title, images = job.title, list[ResultImage]()
        for image in result.images:
            stored = await self.images.put(image.image, title=title)
            images.append(replace(image, stored=stored))
        await self.records.save(job.stored(tuple(images), result))
        return tuple(images)

    async def by_age(self, *, before: datetime | None = None) -> Sequence[MeasuredImage]:
        """Return the stored images of all owners, or those from before a time; the oldest first.

        If two owners have an image, its bytes count for both.
        """
        recorded = await self.records.images_by_age(before=before)
        if not recorded:
            return []
        sizes = await self.images.sizes({each.stored.ref for each in recorded})
        return [
            MeasuredImage(
                image=each.image,
                stored=each.stored,
                created_at=each.created_at,
                bytes=sizes[each.stored.ref],
            )
            for each in recorded
        ]

    async def delete(self, images: Collection[OwnedImage], /) -> DeletionResult:
        """Delete these images and their renditions; ignore those without a record.

        Bytes of an image that another owner has too are kept. Bytes are deleted before records: a
        crash in between leaves a record without bytes, which can be deleted again.
        """
        async with self.records.image_references(images) as found:
            places = (stored for each in found if not each.shared for stored in each.stored)
            freed = await self.images.delete({stored.ref for stored in places})
            for references in found:
                references.forget()
        fingerprints = (each.fingerprints for each in found)
        return DeletionResult(
            images=len(found), bytes=freed, fingerprints=frozenset[str]().union(*fingerprints)
        )

    async def delete_uploads(
        self, images: Collection[OwnedImage], /, *, before: datetime
    ) -> DeletionResult:
        """Delete the uploads of these images from before a time; return what was deleted.

        Bytes of an image that any owner keeps, that a job delivered, or that is in the trash, stay.
        """
        async with self.records.image_references(images) as found:
            old = [each for each in found if each.uploaded_at and each.uploaded_at < before]
            kept = {it.image.id for it in found if it.shared or it.fingerprints or it not in old}
            kept |= {each.image.id for each in await self.records.trash()}
            unneeded = [each for each in old if each.image.id not in kept]
            freed = await self.images.delete({it.ref for each in unneeded for it in each.stored})
            for references in old:
                references.forget_upload()
        return DeletionResult(images=len(old), bytes=freed)

    async def _read(self, image_id: str, places: Collection[StoredRef]) -> Image | None:
        for stored in places:
            image = await self.images.get(stored.ref, size=stored.size)
            if image is not None and image.id == image_id:
                return image
        return None

    async def _out_of_trash(self, owned: OwnedImage) -> Sequence[StoredRef]:
        """Return the places whose bytes got into the trash although the record did not.

        That happens if the image was generated again in the very moment of its deletion.
        """
        async with self.records.image_references([owned]) as found:
            refs = {stored.ref for each in found for stored in each.stored}
            return [*(await self.images.restore(refs)).values()]

    async def _store_again(self, image: Image, owned: OwnedImage, title: str) -> StoredRef:
        """Store the image inside the exclusive block, so that no delete can come in between."""
        async with self.records.image_references([owned]) as found:
            if not found:
                raise NotFound(f"{image.id} was deleted.")
            stored = await self.images.put(image, title=title)
            for references in found:
                references.move_to(stored)
        return stored
