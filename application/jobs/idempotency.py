"""Asking twice under one key is asking once, also after a restart."""

from dataclasses import replace

from application.jobs.job_runner import RunningJobs
from application.jobs.running_job import AnyJob, RunningJob
from application.jobs.stored_results import PastPictures
from application.ports.job_repository import LOOK_AGAIN, Journal
from domain.errors import Busy, Charged, KeyReused
from domain.events import Finished, JobStarted
from domain.job_records import JobRecord
from domain.jobs import RequestKey


class AskedBefore:
    """Knows which job an owner's key means."""

    def __init__(self, jobs: RunningJobs, journal: Journal, past: PastPictures) -> None:
        self.jobs = jobs
        self.journal = journal
        self.past = past

    async def found(self, job: AnyJob) -> RunningJob | None:
        """The job that the key of `job` means: at work, or one that tells again how it ended.

        None if there is no key, or a new one, or its job failed free of charge and may be tried
        again. Raises KeyReused if it means another request, and ArchiveUnavailable: without the
        records nobody can tell.
        """
        if job.key is None:
            return None
        record = await self.journal.with_key(job.key, owner=job.owner)
        known = self.jobs.with_key(job.key.name, owner=job.owner)  # it may have begun meanwhile
        if known is not None and known.job.key != job.key:
            raise KeyReused(job.key.name)
        if known is None and record is not None:
            known = self.jobs.at_work(record.id, owner=job.owner)
        if known is None and record is not None and not _may_be_tried_again(record):
            known = self._told_again(job, record)
        return known

    async def means(self, key: RequestKey | None, job_id: str, *, owner: str) -> None:
        """From now on the key means a job that was begun under another one, or under none."""
        if key is not None:
            await self.journal.name(key, job_id, owner=owner)

    def _told_again(self, job: AnyJob, record: JobRecord) -> RunningJob:
        async def tell(running: RunningJob) -> None:
            running.tell(JobStarted(job_id=record.id, job=running.job))
            if record.is_open:
                raise Busy("Another process is painting this picture.", retry_after=LOOK_AGAIN)
            images = await self.past.of(record)
            running.tell(Finished(job_id=record.id, images=images))

        return self.jobs.tell_again(replace(job, id=record.id), tell)


def _may_be_tried_again(record: JobRecord) -> bool:
    failure = record.failure
    return failure is not None and failure.retryable and failure.charged is Charged.NO
