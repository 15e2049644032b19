"""Idempotency keys: a repeated request is served by the first one's job, even after a restart."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from application.jobs.job_runner import Execution, JobRunner
from application.jobs.running_job import AnyJob, RunningJob
from application.jobs.stored_results import StoredResults
from application.ports.job_repository import JobRepository
from domain.errors import ArchiveUnavailable, KeyReused
from domain.events import Finished, JobStarted
from domain.job_records import JobRecord, busy_elsewhere, may_retry
from domain.jobs import IdempotencyKey, JobState

ATTEMPT_AGE = timedelta(minutes=30)
"""How long after a request a client may still retry it: SDKs wait 10 minutes for each of three
attempts."""
MAX_ATTEMPTS = 100
"""Jobs of an owner that are searched for an earlier attempt."""


class IdempotentJobs:
    """Finds jobs by their owners' idempotency keys, and those of earlier attempts."""

    def __init__(
        self, runner: JobRunner, records: JobRepository, stored_results: StoredResults
    ) -> None:
        self.runner = runner
        self.records = records
        self.stored_results = stored_results

    async def find(self, job: AnyJob) -> RunningJob | None:
        """Return the job that the key of `job` is bound to: a running one, or a replay.

        None if there is no key, or if it is new, or if its job failed uncharged and may be retried.
        Raises KeyReused if the key was used for another request, and ArchiveUnavailable: without
        the records, it is unknown whether the key was used.
        """
        if job.key is None:
            return None
        bound = await self.records.by_key(job.key.value, owner=job.owner)
        if bound is not None and bound.key != job.key:
            raise KeyReused(job.key.value, bound.record.id)
        running = self.runner.by_key(job.key.value, owner=job.owner)  # perhaps started meanwhile
        if running is not None and running.job.key != job.key:
            raise KeyReused(job.key.value, running.job.id)
        if running is not None or bound is None:
            return running
        return self._again(job, bound.record)

    async def find_attempt(self, job: AnyJob) -> RunningJob | None:
        """Return the newest job of the owner for the same request, as `find` does for a key.

        None if the newest MAX_ATTEMPTS jobs, as far as they are no older than ATTEMPT_AGE, include
        none, or if it failed uncharged and may be retried. Of a job that failed and its fallback,
        it is the fallback. Raises ArchiveUnavailable.
        """
        since = job.created_at - ATTEMPT_AGE
        latest = await self.records.latest(owner=job.owner, limit=MAX_ATTEMPTS)
        recent = [record for record in latest if record.created_at >= since]
        first = next((each for each in recent if each.fingerprint == job.fingerprint), None)
        second = next((each for each in recent if each.fingerprint == job.fallback), None)
        if second is not None and (first is None or first.state is JobState.FAILED):
            first = second
        return None if first is None else self._again(job, first)

    def _again(self, job: AnyJob, record: JobRecord) -> RunningJob | None:
        """The recorded job itself while it runs here, else a replay, which costs nothing."""
        running = self.runner.by_id(record.id, owner=job.owner)
        if running is not None or may_retry(record):
            return running
        ended = replace(job, id=record.id)
        return self.runner.start_replay(ended, self._replay(ended, record))

    async def accepted_before(self, job: AnyJob, *, fresh: bool) -> Sequence[JobRecord]:
        """The open jobs of the same request, or of the key, that a provider has accepted.

        With `fresh`, only that of the key. Empty if the records cannot be read.
        """
        try:
            accepted = [each for each in await self.records.accepted() if each.owner == job.owner]
            key = job.key if accepted else None
            bound = await self.records.by_key(key.value, owner=job.owner) if key else None
        except ArchiveUnavailable:
            return ()
        of_key = bound.record.id if bound is not None and bound.key == key else None
        same = None if fresh else job.fingerprint
        return [each for each in accepted if each.id == of_key or each.fingerprint == same]

    async def adopt(self, accepted: Sequence[JobRecord]) -> Sequence[JobRecord]:
        """Become the process that reads the outcome of these jobs; return those that it got.

        Raises ArchiveUnavailable.
        """
        if not accepted:
            return ()
        async with self.records.active_writers() as active:
            return await self.records.adopt([record.id for record in accepted], active)

    async def join(self, running: RunningJob, key: IdempotencyKey | None) -> None:
        """Add a caller to a running job, and bind the caller's key to that job.

        If the key cannot be bound, the caller does not join, and the error is raised.
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
        """Bind the key, if there is one, to a job that was started without it."""
        if key is not None:
            await self.records.bind_key(key, job_id, owner=owner, may_replace=may_retry)

    async def _replay(self, job: AnyJob, record: JobRecord) -> Execution:
        """Yield the events of a job that ended; raise the error that it failed with.

        Raises Busy if the job is still running in another process.
        """
        yield JobStarted.of(job)
        if record.is_open:
            raise busy_elsewhere()
        result = await self.stored_results.load(record)
        yield Finished(job_id=record.id, result=result)
