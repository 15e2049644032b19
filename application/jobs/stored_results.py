"""Answers that were given before, out of what was kept of them."""

from application.ports.image_store import Archive
from domain.errors import NotFound
from domain.job_records import JobRecord, KeptPicture
from domain.results import ImageSet, Picture, ServedFrom


class PastPictures:
    """Reads the pictures of jobs that ended."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    async def of(self, record: JobRecord, *, only: str = "") -> ImageSet:
        """The answer that the job gave, or `only` one picture of it.

        Pictures whose files are gone are left out, with a note. Raises what the job failed with,
        NotFound when no picture is left, and ArchiveUnavailable.
        """
        if record.failure is not None:
            raise record.failure
        kept = [each for each in record.pictures if only in ("", each.id)]
        pictures, gone = list[Picture](), list[str]()
        for each in kept:
            try:
                pictures.append(await self._picture(each, record.owner))
            except NotFound as error:
                gone.append(error.message)
        if not pictures:
            raise NotFound(" ".join(gone) or f"No picture of {record.id} is kept.")
        return _answer(record, tuple(pictures), (*record.notes, *gone))

    async def _picture(self, kept: KeptPicture, owner: str) -> Picture:
        image = await self.archive.find(kept.id, owner=owner)
        return Picture(image=image, place=kept.place, notes=kept.notes)


def _answer(record: JobRecord, pictures: tuple[Picture, ...], notes: tuple[str, ...]) -> ImageSet:
    return ImageSet(
        job_id=record.id,
        pictures=pictures,
        provider=record.provider,
        model=record.model,
        asked_model=record.asked_model,
        made_at=record.changed_at,
        revised_prompt=record.revised_prompt,
        usage=record.usage,
        cost=record.cost,
        request_id=record.request_id,
        notes=notes,
        served_from=ServedFrom.ARCHIVE,
    )
