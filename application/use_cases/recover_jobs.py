"""Use case: close the jobs that dead processes left open."""

from application.ports.job_repository import JobRepository


class RecoverJobs:
    """Runs at start, from time to time, and before a command reads the records."""

    def __init__(self, jobs: JobRepository) -> None:
        self.jobs = jobs

    async def __call__(self) -> int:
        """Return how many jobs were closed; raise ArchiveUnavailable."""
        return await self.jobs.close_abandoned()
