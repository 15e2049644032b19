"""Use case: list recent images, and jobs that are not settled."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from application.ports.clock import Clock
from application.ports.job_repository import JobRepository
from application.ports.upload_repository import UploadRepository
from application.use_cases.list_jobs import ListJobs
from domain.image_filters import EVERY_IMAGE, ImageFilter
from domain.job_records import ImageCursor, JobPosition, JobRecord, StoredImage
from domain.jobs import LOCAL
from domain.uploads import Upload

MAX_UNSETTLED_JOBS = 100
RECENT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageListing:
    """Jobs with images and uploads, and jobs that are open or were created in the last day.

    Both have the newest first. `older` is the number of jobs of unknown outcome that are older than
    a day.
    """

    completed: Sequence[JobRecord | Upload]
    unsettled: Sequence[JobRecord]
    older: int = 0
    next: ImageCursor | None = None
    """The cursor of the next page; None if this is the last one."""


class ListImages:
    """Reads the records, and adds queued jobs of this process, which have no record yet."""

    def __init__(
        self,
        list_jobs: ListJobs,
        records: JobRepository,
        uploads: UploadRepository,
        clock: Clock,
    ) -> None:
        self.list_jobs = list_jobs
        self.records = records
        self.uploads = uploads
        self.clock = clock

    async def __call__(
        self,
        *,
        owner: str = LOCAL,
        limit: int = 20,
        cursor: ImageCursor | None = None,
        matching: ImageFilter = EVERY_IMAGE,
    ) -> ImageListing:
        """Return the jobs and uploads of at most `limit` images, and unsettled jobs.

        Of those it looks at MAX_UNSETTLED_JOBS.

        With a `cursor`, those images are the ones that follow it, without unsettled jobs; with a
        filter, they are those that it matches, also without. Images that arrive between two pages
        are on neither. Raises ArchiveUnavailable.
        """
        start = cursor.job if cursor else None
        # One job more than the page has images shows whether there is a next page; one more still,
        # because all images of the job at the cursor may be on the last page.
        at_most = limit + (1 if start is None else 2)
        jobs = await self.records.recent(owner=owner, limit=at_most, start=start, matching=matching)
        uploads = await self.uploads.recent(
            owner=owner, limit=at_most, start=start, matching=matching
        )
        found: Sequence[JobRecord | Upload] = sorted([*jobs, *uploads], key=_position, reverse=True)
        completed, following = _page(found[:at_most], cursor, limit)
        if cursor is not None or not matching.is_empty:
            return ImageListing(completed=completed, unsettled=(), next=following)
        unsettled = await self.list_jobs(owner=owner, limit=MAX_UNSETTLED_JOBS)
        since = self.clock.now() - RECENT
        recent = [record for record in unsettled if record.is_open or record.created_at > since]
        return ImageListing(
            completed=completed,
            unsettled=recent,
            older=len(unsettled) - len(recent),
            next=following,
        )


def _page(
    found: Sequence[JobRecord | Upload], cursor: ImageCursor | None, limit: int
) -> tuple[list[JobRecord | Upload], ImageCursor | None]:
    """Those with the first `limit` images after the cursor, and the cursor of what follows."""
    page = list[JobRecord | Upload]()
    room, last = limit, None
    for record in found:
        rest = _after(record, cursor)
        if not rest:
            continue
        if not room:
            return page, last
        shown = rest[:room]
        page.append(record if isinstance(record, Upload) else replace(record, images=shown))
        room -= len(shown)
        last = ImageCursor(_position(record), shown[-1].id)
        if len(rest) > len(shown):
            return page, last
    return page, None


def _position(record: JobRecord | Upload) -> JobPosition:
    return JobPosition(record.created_at, record.id)


def _after(record: JobRecord | Upload, cursor: ImageCursor | None) -> tuple[StoredImage, ...]:
    """The images of the job that follow the cursor; all of them if its image was deleted."""
    ids = [image.id for image in record.images]
    if cursor is None or record.id != cursor.job.id or cursor.image_id not in ids:
        return record.images
    return record.images[ids.index(cursor.image_id) + 1 :]
