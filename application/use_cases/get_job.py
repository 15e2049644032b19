"""Use case: the state of a job, or how it ended."""

from application.jobs.job_runner import JobRunner
from application.jobs.job_snapshot import snapshot
from application.ports.job_repository import JobRepository
from domain.job_records import JobRecord
from domain.jobs import LOCAL


class GetJob:
    """Looks into the records first, and then at jobs of this process that have none."""

    def __init__(self, runner: JobRunner, records: JobRepository) -> None:
        self.runner = runner
        self.records = records

    async def __call__(self, job_id: str, /, *, owner: str = LOCAL) -> JobRecord:
        """Return what is known of the job; raise NotFound or ArchiveUnavailable.

        A result from the cache is not paid work and has no record. Such a job is known for the few
        minutes during which it can be followed.
        """
        record = await self.records.get(job_id, owner=owner)
        return record or snapshot(self.runner.find(job_id, owner=owner))
