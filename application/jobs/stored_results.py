"""Answers that were given before, out of what was kept of them."""

from application.ports.image_store import ImageStore
from domain.errors import NotFound
from domain.job_records import JobRecord, StoredImage
from domain.results import ImageResult, ResultImage, ServedFrom


class StoredResults:
    """Reads the pictures of jobs that ended."""

    def __init__(self, archive: ImageStore) -> None:
        self.archive = archive

    async def load(self, record: JobRecord, *, only: str = "") -> ImageResult:
        """The answer that the job gave, or `only` one picture of it.

        Pictures whose files are gone are left out, with a note. Raises what the job failed with,
        NotFound when no picture is left, and ArchiveUnavailable.
        """
        if record.failure is not None:
            raise record.failure
        kept = [each for each in record.images if only in ("", each.id)]
        pictures, gone = list[ResultImage](), list[str]()
        for each in kept:
            try:
                pictures.append(await self._load_image(each, record.owner))
            except NotFound as error:
                gone.append(error.message)
        if not pictures:
            raise NotFound(" ".join(gone) or f"No picture of {record.id} is kept.")
        return _answer(record, tuple(pictures), (*record.notes, *gone))

    async def _load_image(self, kept: StoredImage, owner: str) -> ResultImage:
        image = await self.archive.find(kept.id, owner=owner)
        return ResultImage(image=image, location=kept.location, notes=kept.notes)


def _answer(
    record: JobRecord, pictures: tuple[ResultImage, ...], notes: tuple[str, ...]
) -> ImageResult:
    return ImageResult(
        job_id=record.id,
        images=pictures,
        provider=record.provider,
        model=record.model,
        requested_model=record.requested_model,
        created_at=record.changed_at,
        revised_prompt=record.revised_prompt,
        usage=record.usage,
        generation_cost=record.cost,
        request_id=record.request_id,
        notes=notes,
        served_from=ServedFrom.ARCHIVE,
    )
