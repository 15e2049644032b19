"""Port: the turns of conversations, beside the records of the jobs that serve them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.conversations import (
    ClearedConversation,
    Conversation,
    ConversationId,
    ConversationSummary,
    Turn,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTurn:
    """A request of a conversation, before it is known which job serves it."""

    id: str
    owner: str
    conversation: ConversationId
    action: str
    prompt: str
    begun_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnd:
    """How a turn ended: the job that made its images, their IDs, and who served the result."""

    job_id: str
    images: tuple[str, ...]
    served_from: str
    context: tuple[int, ...] = ()


class ConversationRepository(Protocol):
    """Stores turns. Every method raises ArchiveUnavailable, as those of JobRepository do.

    What a method has written survives a power cut. A turn is in its conversation once its images
    are stored, and has its number from then on. The JobRepository of the same records helps:
    `reserve` binds the turn of the job that it records, and raises Canceled if that turn was
    cleared meanwhile, as does `save` for a job that is about to be sent; the `save` that stores a
    job's images ends all turns that are bound to that job, in the same step. So no interruption
    loses a turn whose images are stored.
    """

    async def begin(self, turn: NewTurn, /) -> Sequence[Turn]:
        """Record that a turn has begun; return all turns of its conversation, the oldest first.

        A turn that was begun more than a day ago and is bound to no job is deleted.
        """

    async def bind(self, turn_id: str, job_id: str, /, *, context: Collection[int] = ()) -> None:
        """Bind the turn to a job that another request has started; `context` as in Turn.

        If that job's images are stored already, the turn ends. Raises Canceled if the turn was
        cleared.
        """

    async def end(self, turn_id: str, end: TurnEnd, /, *, repeated: bool = False) -> int | None:
        """Add the turn to its conversation, and return its number; None if it was cleared.

        A turn that has ended already stays as it is. If the request is `repeated` and its
        conversation has a turn of this job, that turn counts and this one is deleted. Of more than
        MAX_TURNS, the oldest are deleted.
        """

    async def get(self, id_: ConversationId, /, *, owner: str) -> Conversation | None:
        """Return the owner's conversation; None if there is none with a turn."""

    async def summaries(self, *, owner: str, limit: int) -> Sequence[ConversationSummary]:
        """Return the owner's conversations with the newest turns, the newest first."""

    async def is_recorded(self, turn_id: str, /) -> bool:
        """Whether the turn was begun, and neither cleared nor deleted since."""

    async def remove_last(self, id_: ConversationId, /, *, owner: str) -> Turn | None:
        """Delete the latest turn and return it; None if there is none. Its images stay."""

    async def clear(self, id_: ConversationId, /, *, owner: str) -> ClearedConversation | None:
        """Delete the conversation; None if there is none with a turn, ended or not.

        The jobs that its turns started keep amounts, times, IDs and images; their texts are
        deleted, now and if they end later, unless another conversation has a turn of the same job:
        then they are deleted with that one. What is deleted is overwritten in the storage.
        """
