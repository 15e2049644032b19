"""Use case: refuse new work and let running jobs end."""

from application.jobs.job_runner import JobRunner


class DrainJobs:
    """Runs once, when the service shuts down."""

    def __init__(self, runner: JobRunner) -> None:
        self.runner = runner

    async def __call__(self, grace: float, /) -> None:
        """Refuse new jobs, cancel those not sent yet, and wait up to `grace` seconds for the rest.

        The state of a job that did not end in time is recorded before this returns.
        """
        await self.runner.drain(grace)
