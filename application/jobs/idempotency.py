"""Asking twice under one key is asking once, also after a restart."""

from dataclasses import replace

from application.jobs.job_runner import JobRunner
from application.jobs.running_job import AnyJob, RunningJob
from application.jobs.stored_results import StoredResults
from application.ports.job_repository import RETRY_AFTER_SECONDS, JobRepository
from domain.errors import Busy, ChargeStatus, KeyReused
from domain.events import Finished, JobStarted
from domain.job_records import JobRecord
from domain.jobs import IdempotencyKey


class IdempotentJobs:
    """Knows which job an owner's key means."""

    def __init__(self, jobs: JobRunner, journal: JobRepository, past: StoredResults) -> None:
        self.jobs = jobs
        self.journal = journal
        self.past = past

    async def find(self, job: AnyJob) -> RunningJob | None:
        """The job that the key of `job` means: at work, or one that tells again how it ended.

        None if there is no key, or a new one, or its job failed free of charge and may be tried
        again. Raises KeyReused if it means another request, and ArchiveUnavailable: without the
        records nobody can tell.
        """
        if job.key is None:
            return None
        record = await self.journal.find_by_key(job.key, owner=job.owner)
        known = self.jobs.by_key(job.key.value, owner=job.owner)  # it may have begun meanwhile
        if known is not None and known.job.key != job.key:
            raise KeyReused(job.key.value)
        if known is None and record is not None:
            known = self.jobs.by_id(record.id, owner=job.owner)
        if known is None and record is not None and not may_retry(record):
            known = self._replay(job, record)
        return known

    async def bind(self, key: IdempotencyKey | None, job_id: str, *, owner: str) -> None:
        """From now on the key means a job that was begun under another one, or under none."""
        if key is not None:
            await self.journal.bind_key(key, job_id, owner=owner)

    def _replay(self, job: AnyJob, record: JobRecord) -> RunningJob:
        async def tell(running: RunningJob) -> None:
            running.emit(JobStarted(job_id=record.id, job=running.job))
            if record.is_open:
                raise Busy(
                    "Another process is painting this picture.", retry_after=RETRY_AFTER_SECONDS
                )
            images = await self.past.load(record)
            running.emit(Finished(job_id=record.id, result=images))

        return self.jobs.start_replay(replace(job, id=record.id), tell)


def may_retry(record: JobRecord) -> bool:
    """Whether the job of this record failed free of charge and may be tried again."""
    failure = record.failure
    return failure is not None and failure.retryable and failure.charged is ChargeStatus.NO
