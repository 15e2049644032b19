"""Use case: list recent images, and jobs that are not settled."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.jobs.job_runner import JobRunner
from application.jobs.job_snapshot import snapshot
from application.ports.job_repository import JobRepository
from domain.job_records import JobRecord
from domain.jobs import LOCAL

MAX_UNSETTLED_JOBS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageListing:
    """Jobs with images, and jobs that are open or of unknown outcome; the newest first."""

    completed: Sequence[JobRecord]
    unsettled: Sequence[JobRecord]


class ListImages:
    """Reads the records, and adds queued jobs of this process, which have no record yet."""

    def __init__(self, runner: JobRunner, records: JobRepository) -> None:
        self.runner = runner
        self.records = records

    async def __call__(self, *, owner: str = LOCAL, limit: int = 20) -> ImageListing:
        """Return at most `limit` jobs with images, and MAX_UNSETTLED_JOBS that are not settled.

        Raises ArchiveUnavailable.
        """
        unsettled = await self.records.unsettled(owner=owner, limit=MAX_UNSETTLED_JOBS)
        completed = await self.records.recent(owner=owner, limit=limit)
        recorded = {record.id for record in (*unsettled, *completed)}
        waiting = [
            snapshot(job) for job in self.runner.all(owner=owner) if job.job.id not in recorded
        ]
        return ImageListing(
            completed=completed, unsettled=[*(each for each in waiting if each.is_open), *unsettled]
        )
