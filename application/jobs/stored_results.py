"""Results of earlier jobs, from their records and stored images."""

from dataclasses import replace
from decimal import Decimal

from application.image_library import ImageLibrary
from domain.errors import NotFound
from domain.job_records import JobRecord, StoredImage
from domain.results import ImageResult, ResultImage, ServedFrom
from domain.uploads import Upload


class StoredResults:
    """Loads the images of jobs that ended."""

    def __init__(self, library: ImageLibrary) -> None:
        self.library = library

    async def load(self, record: JobRecord, *, only: str = "") -> ImageResult:
        """Return the result of the job, or `only` the image with this ID.

        Images whose bytes are gone are left out, with a note. Raises the error that the job failed
        with, NotFound if no image is left, and ArchiveUnavailable.
        """
        if record.failure is not None:
            raise record.failure
        images, missing = list[ResultImage](), list[str]()
        for stored in record.images:
            if only not in ("", stored.id):
                continue
            try:
                images.append(await self._load_image(stored, record.owner))
            except NotFound as error:
                missing.append(error.message)
        if not images:
            raise NotFound(" ".join(missing) or f"No image of {record.id} is stored.")
        result = _to_result(record, tuple(images))
        return replace(result, notes=(*result.notes, *missing))

    async def load_upload(self, upload: Upload, /) -> ImageResult:
        """Return the uploaded image as a result without a job and a model, which costs nothing.

        Raises NotFound if its bytes are gone, and ArchiveUnavailable.
        """
        return ImageResult(
            job_id="",
            images=(await self._load_image(upload.image, upload.owner),),
            provider="",
            model="",
            requested_model="",
            created_at=upload.created_at,
            generation_cost=Decimal(0),
            served_from=ServedFrom.ARCHIVE,
        )

    async def _load_image(self, stored: StoredImage, owner: str) -> ResultImage:
        image = await self.library.find(stored.id, owner=owner)
        return ResultImage(image=image, stored=stored.stored, notes=stored.notes)


def _to_result(record: JobRecord, images: tuple[ResultImage, ...]) -> ImageResult:
    return ImageResult(
        job_id=record.id,
        images=images,
        provider=record.provider,
        model=record.model,
        requested_model=record.requested_model,
        created_at=record.changed_at,
        generation_cost=record.cost,
        estimate=record.estimate,
        served_from=ServedFrom.ARCHIVE,
        **record.facts(),
    )
