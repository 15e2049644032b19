"""Where pictures of earlier jobs are kept, and keeping those again whose files were taken away."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select, update

from adapters.records.job_table import JobTable
from adapters.records.schema import images, jobs
from domain.image import Image
from domain.jobs import JobState


def ensure_file(
    records: JobTable, image: Image, owner: str, job_id: str, write: Callable[[], Path]
) -> Path | None:
    """The place of this owner's picture, made by that job; None if it was deleted.

    `write` puts it on disk where no recorded place has it any more, and the records tell of the
    new place, or nothing could delete it there. Raises OSError, SQLAlchemyError.
    """
    places = records.locations(image.id, owner)
    for place in places:
        if _matches(place, image.data):
            return place
    if places:
        return _rewrite_missing(records, image, owner, write)
    return write() if _has_unrecorded_end(records, owner, job_id) else None


def _rewrite_missing(
    records: JobTable, image: Image, owner: str, write: Callable[[], Path]
) -> Path | None:
    """Nobody deletes the picture between the look and the writing."""
    its = (images.c.image_id == image.id) & (images.c.owner == owner)
    with records.writing.begin() as connection:
        if connection.execute(select(images.c.ref).where(its).limit(1)).first() is None:
            return None
        place = write()
        connection.execute(update(images).where(its).values(ref=str(place)))
    return place


def _has_unrecorded_end(records: JobTable, owner: str, job_id: str) -> bool:
    """Whether a job brought pictures of which the records do not know: not yet, or never will."""
    made = records.find(jobs.c.owner == owner, jobs.c.id == job_id, limit=1)
    return any(job.state is not JobState.STORED for job in made)


def _matches(place: Path, data: bytes) -> bool:
    with suppress(OSError):
        return place.stat().st_size == len(data) and place.read_bytes() == data
    return False
