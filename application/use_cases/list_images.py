"""Use case: which pictures were made lately, and which jobs are not settled."""

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
    """Jobs that made pictures, and jobs that are open or of unknown outcome; the newest first."""

    completed: Sequence[JobRecord]
    unsettled: Sequence[JobRecord]


class ListImages:
    """Reads the records, and adds jobs here that have none yet because they wait their turn."""

    def __init__(self, runner: JobRunner, journal: JobRepository) -> None:
        self.runner = runner
        self.journal = journal

    async def __call__(self, *, owner: str = LOCAL, limit: int = 20) -> ImageListing:
        """The last `limit` jobs with pictures, and MOST_JOBS that are not settled, at most.

        Raises ArchiveUnavailable.
        """
        unsettled = await self.journal.unsettled(owner=owner, limit=MAX_UNSETTLED_JOBS)
        made = await self.journal.recent(owner=owner, limit=limit)
        recorded = {record.id for record in (*unsettled, *made)}
        waiting = [
            snapshot(job) for job in self.runner.all(owner=owner) if job.job.id not in recorded
        ]
        return ImageListing(
            completed=made, unsettled=[*(each for each in waiting if each.is_open), *unsettled]
        )
