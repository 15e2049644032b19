"""Use case: the state of a job, or how it ended."""

from application.jobs.cleared_jobs import find_uncleared
from application.jobs.job_runner import JobRunner
from application.jobs.job_snapshot import snapshot
from application.ports.conversation_repository import ConversationRepository
from application.ports.job_repository import JobRepository
from domain.job_records import JobRecord
from domain.jobs import LOCAL


class GetJob:
    """Reads the records, and then looks for a job of this process that has no record."""

    def __init__(
        self, runner: JobRunner, records: JobRepository, conversations: ConversationRepository
    ) -> None:
        self.runner = runner
        self.records = records
        self.conversations = conversations

    async def __call__(self, job_id: str, /, *, owner: str = LOCAL) -> JobRecord:
        """Return the state of the job; raise NotFound or ArchiveUnavailable.

        A job that was served from the cache has no record, because nothing was paid for it. It is
        found for the few minutes during which it can be followed.
        """
        record = await self.records.get(job_id, owner=owner)
        if record is not None:
            return record
        return snapshot(await find_uncleared(self.runner, self.conversations, job_id, owner=owner))
