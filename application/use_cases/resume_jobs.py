"""Use case: read the outcome of work that a provider accepted and no process waits for."""

from collections.abc import Callable

from application.jobs.job_service import JobService
from application.ports.job_repository import JobRepository


class ResumeJobs:
    """Runs at startup and from time to time, in every process that stays."""

    def __init__(self, records: JobRepository, job_service: Callable[[], JobService]) -> None:
        """`job_service` is called only if there is such work: it loads the providers."""
        self.records = records
        self.job_service = job_service

    async def __call__(self) -> int:
        """Start the jobs again and return how many; raise ArchiveUnavailable.

        They send nothing and cost nothing: each reads the rest of its work under the handle that
        was recorded. Of several processes, one adopts a job. Those of providers that this process
        does not have are left to others.
        """
        accepted = await self.records.accepted()
        if not accepted:
            return 0
        return await self.job_service().adopt(accepted)
