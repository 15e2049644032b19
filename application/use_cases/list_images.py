"""Use case: which pictures were made lately, and which jobs are not settled."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.jobs.job_runner import RunningJobs
from application.jobs.job_snapshot import record_of
from application.ports.job_repository import Journal
from domain.job_records import JobRecord
from domain.jobs import LOCAL

MOST_JOBS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Jobs that made pictures, and jobs that are open or of unknown outcome; the newest first."""

    made: Sequence[JobRecord]
    unsettled: Sequence[JobRecord]


class ListImages:
    """Reads the records, and adds jobs here that have none yet because they wait their turn."""

    def __init__(self, jobs: RunningJobs, journal: Journal) -> None:
        self.jobs = jobs
        self.journal = journal

    async def __call__(self, *, owner: str = LOCAL, limit: int = 20) -> Listed:
        """The last `limit` jobs with pictures, and MOST_JOBS that are not settled, at most.

        Raises ArchiveUnavailable.
        """
        unsettled = await self.journal.unsettled(owner=owner, limit=MOST_JOBS)
        made = await self.journal.recent(owner=owner, limit=limit)
        recorded = {record.id for record in (*unsettled, *made)}
        waiting = [
            record_of(job) for job in self.jobs.all(owner=owner) if job.job.id not in recorded
        ]
        return Listed(
            made=made, unsettled=[*(each for each in waiting if each.is_open), *unsettled]
        )
