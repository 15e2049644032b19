"""Idempotency keys: a repeated request is served by the first one's job, even after a restart."""

from dataclasses import replace

from application.jobs.job_runner import Execution, JobRunner
from application.jobs.running_job import AnyJob, RunningJob
from application.jobs.stored_results import StoredResults
from application.ports.job_repository import RETRY_AFTER_SECONDS, JobRepository
from domain.errors import Busy, KeyReused
from domain.events import Finished, JobStarted
from domain.job_records import JobRecord, may_retry
from domain.jobs import IdempotencyKey


class IdempotentJobs:
    """Finds the job that an owner's idempotency key means."""

    def __init__(
        self, runner: JobRunner, records: JobRepository, stored_results: StoredResults
    ) -> None:
        self.runner = runner
        self.records = records
        self.stored_results = stored_results

    async def find(self, job: AnyJob) -> RunningJob | None:
        """Return the job that the key of `job` means: one at work, or a replay of one that ended.

        None if there is no key, or a new one, or its job failed free of charge and may be tried
        again. Raises KeyReused if the key means another request, and ArchiveUnavailable: without
        the records there is no telling.
        """
        if job.key is None:
            return None
        bound = await self.records.by_key(job.key.value, owner=job.owner)
        if bound is not None and bound.key != job.key:
            raise KeyReused(job.key.value)
        running = self.runner.by_key(job.key.value, owner=job.owner)  # it may have begun meanwhile
        if running is not None and running.job.key != job.key:
            raise KeyReused(job.key.value)
        if running is not None or bound is None:
            return running
        record = bound.record
        running = self.runner.by_id(record.id, owner=job.owner)
        if running is not None or may_retry(record):
            return running
        ended = replace(job, id=record.id)
        return self.runner.start_replay(ended, self._replay(ended, record))

    async def join(self, running: RunningJob, key: IdempotencyKey | None) -> None:
        """Add a caller to a job at work, and let the caller's key mean that job.

        If the key cannot be bound, the caller does not wait: the error is raised.
        """
        self.runner.join(running)
        if key is None or key == running.job.key:
            return
        try:
            job_id, owner = running.job.id, running.job.owner
            await self.records.bind_key(key, job_id, owner=owner, may_replace=may_retry)
        except BaseException:
            running.remove_waiter()
            raise

    async def bind(self, key: IdempotencyKey | None, job_id: str, *, owner: str) -> None:
        """Let the key mean a job that was started under another key, or under none."""
        if key is not None:
            await self.records.bind_key(key, job_id, owner=owner, may_replace=may_retry)

    async def _replay(self, job: AnyJob, record: JobRecord) -> Execution:
        """Yield the events of a job that ended; raise what it failed with."""
        yield JobStarted.of(job)
        if record.is_open:
            raise Busy("Another process is painting this picture.", retry_after=RETRY_AFTER_SECONDS)
        result = await self.stored_results.load(record)
        yield Finished(job_id=record.id, result=result)
