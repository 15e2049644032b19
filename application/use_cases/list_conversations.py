"""Use case: list conversations."""

from collections.abc import Sequence

from application.ports.conversation_repository import ConversationRepository
from domain.conversations import ConversationSummary
from domain.jobs import LOCAL

MAX_LISTED = 100


class ListConversations:
    """Reads the records."""

    def __init__(self, conversations: ConversationRepository) -> None:
        self.conversations = conversations

    async def __call__(self, *, owner: str = LOCAL) -> Sequence[ConversationSummary]:
        """Return the owner's MAX_LISTED latest conversations; raise ArchiveUnavailable."""
        return await self.conversations.summaries(owner=owner, limit=MAX_LISTED)
