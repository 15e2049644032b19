"""Use case: clear a conversation."""

from application.jobs.job_runner import JobRunner
from application.ports.conversation_repository import ConversationRepository
from application.ports.image_cache import ImageCache
from application.result_cache import delete_entries
from application.use_cases.get_conversation import not_found
from domain.conversations import ClearedConversation, ConversationId
from domain.jobs import LOCAL


class ClearConversation:
    """Deletes all texts of a conversation: from records, cache and memory. Its images stay."""

    def __init__(
        self, conversations: ConversationRepository, cache: ImageCache, runner: JobRunner
    ) -> None:
        self.conversations = conversations
        self.cache = cache
        self.runner = runner

    async def __call__(self, id_: ConversationId, /, *, owner: str = LOCAL) -> ClearedConversation:
        """Return what was cleared; raise NotFound or ArchiveUnavailable.

        A request that waits is not sent any more. One that was sent still returns its image.
        """
        cleared = await self.conversations.clear(id_, owner=owner)
        self.runner.forget(id_, owner=owner)
        if cleared is None:
            raise not_found(id_)
        await delete_entries(self.cache, cleared.fingerprints)
        return cleared
