"""Use case: how a job stands, or how it ended."""

from application.jobs.job_runner import JobRunner
from application.jobs.job_snapshot import snapshot
from application.ports.job_repository import JobRepository
from domain.errors import NotFound
from domain.job_records import JobRecord
from domain.jobs import LOCAL


class GetJob:
    """Looks at jobs at work here first, and at the records of all others."""

    def __init__(self, runner: JobRunner, journal: JobRepository) -> None:
        self.runner = runner
        self.journal = journal

    async def __call__(self, job_id: str, /, *, owner: str = LOCAL) -> JobRecord:
        """What is known of the job; raise NotFound or ArchiveUnavailable.

        An answer of the cache is no paid work and has no record: such a job is known for the few
        minutes in which it can be followed.
        """
        try:
            return await self.journal.find(job_id, owner=owner)
        except NotFound:
            return snapshot(self.runner.find(job_id, owner=owner))
