"""Use case: follow the events of a job, from the start or after the last one received."""

from application.jobs.job_runner import JobRunner
from application.jobs.recent_jobs import RecentJob
from application.jobs.running_job import RunningJob
from domain.jobs import LOCAL


class FollowJob:
    """Finds jobs that run in this process or ended within the last few minutes."""

    def __init__(self, runner: JobRunner) -> None:
        self.runner = runner

    def __call__(self, job_id: str, /, *, owner: str = LOCAL) -> RunningJob | RecentJob:
        """Return the job; raise NotFound. Following it neither starts nor cancels anything."""
        return self.runner.find(job_id, owner=owner)
