"""Use case: take back the latest turn of a conversation."""

from application.ports.conversation_repository import ConversationRepository
from application.use_cases.get_conversation import not_found
from domain.conversations import ConversationId, Turn
from domain.jobs import LOCAL


class UndoTurn:
    """Removes a turn from the records of its conversation."""

    def __init__(self, conversations: ConversationRepository) -> None:
        self.conversations = conversations

    async def __call__(self, id_: ConversationId, /, *, owner: str = LOCAL) -> Turn:
        """Return the turn, whose images stay; the conversation continues before it.

        Raises NotFound or ArchiveUnavailable.
        """
        removed = await self.conversations.remove_last(id_, owner=owner)
        if removed is None:
            raise not_found(id_)
        return removed
