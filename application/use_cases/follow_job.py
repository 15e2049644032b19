"""Use case: follow the events of a job, from the start or after the last one received."""

from application.jobs.cleared_jobs import find_uncleared
from application.jobs.job_runner import JobRunner
from application.jobs.recent_jobs import RecentJob
from application.jobs.running_job import RunningJob
from application.ports.conversation_repository import ConversationRepository
from domain.jobs import LOCAL


class FollowJob:
    """Finds jobs that run in this process or ended within the last few minutes."""

    def __init__(self, runner: JobRunner, conversations: ConversationRepository) -> None:
        self.runner = runner
        self.conversations = conversations

    async def __call__(self, job_id: str, /, *, owner: str = LOCAL) -> RunningJob | RecentJob:
        """Return the job; raise NotFound, or ArchiveUnavailable for a job of a conversation.

        Following it neither starts nor cancels anything.
        """
        return await find_uncleared(self.runner, self.conversations, job_id, owner=owner)
