"""Use case: the state of a job, or how it ended."""

from application.jobs.job_runner import JobRunner
from application.jobs.job_snapshot import snapshot
from application.ports.job_repository import JobRepository
from domain.job_records import JobRecord
from domain.jobs import LOCAL


class GetJob:
    """Reads the records, and then looks for a job of this process that has no record."""

    def __init__(self, runner: JobRunner, records: JobRepository) -> None:
        self.runner = runner
        self.records = records

    async def __call__(self, job_id: str, /, *, owner: str = LOCAL) -> JobRecord:
        """Return the state of the job; raise NotFound or ArchiveUnavailable.

        A job that was served from the cache has no record, because nothing was paid for it. It is
        found for the few minutes during which it can be followed.
        """
        record = await self.records.get(job_id, owner=owner)
        return record or snapshot(self.runner.find(job_id, owner=owner))
