"""Use case: list jobs that are not settled, and those that ended."""

from collections.abc import Sequence

from application.jobs.job_runner import JobRunner
from application.jobs.job_snapshot import snapshot
from application.ports.job_repository import JobRepository
from domain.job_records import JobRecord
from domain.jobs import LOCAL


class ListJobs:
    """Reads the records, and adds queued jobs of this process, which have no record yet."""

    def __init__(self, runner: JobRunner, records: JobRepository) -> None:
        self.runner = runner
        self.records = records

    async def __call__(
        self, *, owner: str = LOCAL, limit: int, ended: bool = False
    ) -> Sequence[JobRecord]:
        """Return the jobs that are open or of unknown outcome and not dismissed, the newest first.

        With `ended`, return the newest jobs in any state. At most `limit` of those with a record.
        Raises ArchiveUnavailable.
        """
        read = self.records.latest if ended else self.records.unsettled
        recorded = await read(owner=owner, limit=limit)
        known = {record.id for record in recorded}
        running = (snapshot(each) for each in self.runner.all(owner=owner))
        waiting = [each for each in running if each.is_open and each.id not in known]
        return [*waiting, *recorded]
