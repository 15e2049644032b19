"""Use case: leave jobs of unknown outcome out of the lists, because their owner has seen them."""

from collections.abc import Collection

from application.ports.job_repository import JobRepository
from domain.errors import InvalidRequest, NotFound
from domain.job_records import JobRecord
from domain.jobs import LOCAL, JobState

AT_ONCE = 500
"""Jobs that `all` reads at a time."""


class DismissJobs:
    """Changes what the lists show, and nothing else: usage and budgets still count the jobs."""

    def __init__(self, records: JobRepository) -> None:
        self.records = records

    async def __call__(self, job_ids: Collection[str], *, owner: str = LOCAL) -> int:
        """Dismiss these jobs; return their number.

        Raises NotFound or InvalidRequest, and dismisses none, unless all have an unknown outcome.
        Raises ArchiveUnavailable.
        """
        for job_id in job_ids:
            record = await self.records.get(job_id, owner=owner)
            if record is None:
                raise NotFound.of_id("job", job_id)
            _check(record)
        await self.records.dismiss({*job_ids}, owner=owner)
        return len({*job_ids})

    async def all(self, *, owner: str = LOCAL) -> int:
        """Dismiss every job of unknown outcome; return their number."""
        dismissed = 0
        while True:
            found = await self.records.unsettled(owner=owner, limit=AT_ONCE)
            unknown = {record.id for record in found if record.state is JobState.UNKNOWN}
            if not unknown:
                return dismissed
            await self.records.dismiss(unknown, owner=owner)
            dismissed += len(unknown)


def _check(record: JobRecord) -> None:
    if record.state is JobState.UNKNOWN:
        return
    state = "is still running" if record.is_open else "has a known outcome"
    raise InvalidRequest(
        f"{record.id} {state}; only jobs of unknown outcome can be dismissed.",
        field="id",
        hint="The list of images does not show jobs whose outcome is known.",
    )
