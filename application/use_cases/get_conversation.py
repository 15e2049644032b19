"""Use case: a conversation with its turns."""

from application.ports.conversation_repository import ConversationRepository
from domain.conversations import Conversation, ConversationId
from domain.errors import NotFound
from domain.jobs import LOCAL


class GetConversation:
    """Reads the records."""

    def __init__(self, conversations: ConversationRepository) -> None:
        self.conversations = conversations

    async def __call__(self, id_: ConversationId, /, *, owner: str = LOCAL) -> Conversation:
        """Return the conversation; raise NotFound or ArchiveUnavailable."""
        found = await self.conversations.get(id_, owner=owner)
        if found is None:
            raise not_found(id_)
        return found


def not_found(id_: ConversationId) -> NotFound:
    """The error for a conversation that this owner does not have."""
    hint = "List the conversations for their names. Each begins with its first image."
    return NotFound(f"There is no conversation {id_}.", hint=hint)
