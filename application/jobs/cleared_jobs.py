"""Jobs in memory whose conversation was cleared, perhaps by another process."""

from application.jobs.job_runner import JobRunner
from application.jobs.recent_jobs import RecentJob
from application.jobs.running_job import RunningJob
from application.ports.conversation_repository import ConversationRepository
from domain.errors import NotFound


async def find_uncleared(
    runner: JobRunner, conversations: ConversationRepository, job_id: str, *, owner: str
) -> RunningJob | RecentJob:
    """The owner's job that runs here, or ended recently and has not been cleared since.

    A job that has its result may still be filling the cache, and counts as ended.

    Raises NotFound, and ArchiveUnavailable for a job of a conversation.
    """
    found = runner.find(job_id, owner=owner)
    has_ended = isinstance(found, RecentJob) or found.log.closed
    turn = found.job.turn if has_ended else None
    if turn is not None and not await conversations.is_recorded(turn):
        raise NotFound.of_id("job", job_id)
    return found
