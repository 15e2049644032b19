"""Use case: how a job stands, or how it ended."""

from application.ports.journal import Journal
from application.running_jobs import RunningJobs
from application.standing import record_of
from domain.errors import NotFound
from domain.jobs import LOCAL
from domain.records import JobRecord


class FindJob:
    """Looks at jobs at work here first, and at the records of all others."""

    def __init__(self, jobs: RunningJobs, journal: Journal) -> None:
        self.jobs = jobs
        self.journal = journal

    async def __call__(self, job_id: str, /, *, owner: str = LOCAL) -> JobRecord:
        """What is known of the job; raise NotFound or ArchiveUnavailable.

        An answer of the cache is no paid work and has no record: such a job is known for the few
        minutes in which it can be followed.
        """
        try:
            return await self.journal.find(job_id, owner=owner)
        except NotFound:
            return record_of(self.jobs.find(job_id, owner=owner))
