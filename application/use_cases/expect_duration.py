"""Use case: how long a job usually takes."""

from datetime import timedelta
from statistics import median

from application.jobs.running_job import AnyJob
from application.ports.clock import Clock
from application.ports.job_repository import JobRepository
from domain.errors import ArchiveUnavailable
from domain.money.estimates import MAX_SEEN_CALLS, SEEN_WITHIN, CallKind

NOTHING = timedelta(0)
LONGEST = timedelta(hours=4)
"""The longest deadline that can be set for a call. What seems to have taken longer was recorded
anew from the cache, or the machine's time of day was changed."""


class ExpectDuration:
    """Reads the records of this installation's latest jobs."""

    def __init__(self, records: JobRepository, clock: Clock) -> None:
        self.records = records
        self.clock = clock

    async def __call__(self, job: AnyJob, /) -> timedelta | None:
        """Return the median duration of the latest stored jobs of the same kind.

        It counts from the start of a job until its images were stored, with waits for a slot. None
        if there are no such jobs, or if the records cannot be read.
        """
        since = self.clock.now() - SEEN_WITHIN
        try:
            found = await self.records.durations(
                CallKind.of(job), since=since, limit=MAX_SEEN_CALLS
            )
        except ArchiveUnavailable:
            return None
        likely = [each.total_seconds() for each in found if NOTHING < each <= LONGEST]
        return timedelta(seconds=median(likely)) if likely else None
