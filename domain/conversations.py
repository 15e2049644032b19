"""Conversations: series of requests in which each one can build on those before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Self
from unicodedata import normalize

from domain.errors import InvalidRequest
from domain.untrusted_text import is_visible, several_lines

MAX_ID_CHARACTERS = 64
MAX_TURNS = 100
"""The latest turns that a conversation keeps."""
MAX_CONTEXT_TURNS = 10
MAX_TURN_CHARACTERS = 1_000
"""Characters of an earlier turn that are sent as context; the rest is cut off."""

CONTEXT_BEGIN = "Earlier in this conversation, oldest first:\n"
CONTEXT_END = "\nKeep what they describe, except for what this changes:\n"


@dataclass(frozen=True, slots=True)
class ConversationId:
    """The name that a client has given to a conversation; raises InvalidRequest.

    It is a part of URLs, so it has no slash and is not only dots. Blanks around it do not count,
    nor does the way in which Unicode writes its letters.
    """

    value: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", normalize("NFC", self.value.strip()))
        is_name = is_visible(self.value) and self.value.isprintable() and "/" not in self.value
        if not is_name or len(self.value) > MAX_ID_CHARACTERS or not self.value.strip("."):
            raise InvalidRequest(
                f"{self.value[:MAX_ID_CHARACTERS]!r} is no name for a conversation.",
                field="conversationId",
                hint=f"Use 1 to {MAX_ID_CHARACTERS} letters, digits, spaces or signs without /, "
                "such as logo-ideas.",
            )

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationOptions:
    """The conversation that a request is a turn of, and how many turns before it are its context.

    Raises InvalidRequest unless these are 0 to MAX_CONTEXT_TURNS.
    """

    id: ConversationId
    context_turns: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.context_turns <= MAX_CONTEXT_TURNS:
            raise InvalidRequest(
                f"A context has 1 to {MAX_CONTEXT_TURNS} turns, not {self.context_turns}.",
                field="maxContextEntries",
            )


class TurnPlace(NamedTuple):
    """Where a turn is: its conversation, and its number there."""

    conversation: ConversationId
    number: int


class TurnImage(NamedTuple):
    """An image of a turn; `deleted` if it is in the trash or was deleted for good."""

    id: str
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A request of a conversation whose images are stored, by whatever job.

    `number` counts from 1, in the order in which the images were stored. `context` has the numbers
    of the turns that were sent as its context. `served_from` is that of the result.
    `continuation` is what `provider` returned for the next turn; opaque to everything else.
    """

    number: int
    job_id: str
    action: str
    prompt: str
    at: datetime
    served_from: str
    provider: str
    images: tuple[TurnImage, ...] = ()
    revised_prompt: str | None = None
    context: tuple[int, ...] = ()
    continuation: str | None = None

    @property
    def last_image(self) -> str | None:
        """The ID of its last image that is not deleted, if there is one."""
        return next((image.id for image in reversed(self.images) if not image.deleted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation with its latest turns, the oldest first: MAX_TURNS at most."""

    id: ConversationId
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSummary:
    """A conversation without its turns."""

    id: ConversationId
    turns: int
    begun_at: datetime
    changed_at: datetime
    prompt: str
    """The prompt of the latest turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearedConversation:
    """What was deleted: the number of turns, and the fingerprints of the jobs that they started.

    `is_overwritten` is false while copies of the texts may be left in the storage: another process
    reads the records, or the disk is full. They are then overwritten when the records are opened.
    """

    turns: int
    fingerprints: frozenset[str] = frozenset()
    is_overwritten: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextTurn:
    """An earlier turn as a provider gets it: what its image shows, in at most MAX_TURN_CHARACTERS.

    `number` is the turn's place in its conversation, which changes no image.
    """

    number: int
    prompt: str
    image_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """The turn by the prompt that its provider revised, or else by its own."""
        text = several_lines(turn.revised_prompt or turn.prompt, MAX_TURN_CHARACTERS)
        ids = tuple(image.id for image in turn.images)
        return cls(number=turn.number, prompt=" ".join(text.split()), image_ids=ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationContext:
    """The earlier turns that a request builds on, the oldest first.

    A provider that keeps conversations continues the one that `continuation` names, which is of
    the latest turn and was returned by the provider named `provider`; None if that turn has none,
    or if what the provider keeps lacks one of the turns. Any other provider is sent
    `before(prompt)`. `edits_latest`: the request edits the images of the latest turn and no
    others, so a provider that keeps the conversation has them already.
    """

    turns: tuple[ContextTurn, ...]
    continuation: str | None = None
    provider: str | None = None
    edits_latest: bool = False

    @classmethod
    def of(cls, turns: tuple[Turn, ...], *, room: int) -> Self | None:
        """The context of a request with `room` characters left beside its prompt; None if empty.

        Turns that do not fit are left out, the oldest first.
        """
        if not turns:
            return None
        sent = tuple(map(ContextTurn.of, turns))
        while sent and len(_as_text(sent)) > room:
            sent = sent[1:]
        continuation = turns[-1].continuation if _is_kept(turns) else None
        if not sent and continuation is None:
            return None
        return cls(turns=sent, continuation=continuation, provider=turns[-1].provider)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of its turns."""
        return tuple(turn.number for turn in self.turns)

    def for_provider(self, name: str) -> Self | None:
        """The context as this provider can use it; None if nothing of it is left."""
        if self.provider == name:
            return self
        return replace(self, continuation=None) if self.turns else None

    def before(self, prompt: str) -> str:
        """The prompt with the turns before it, for a provider that keeps no conversations."""
        return f"{_as_text(self.turns)}{prompt}" if self.turns else prompt


def _is_kept(turns: Sequence[Turn]) -> bool:
    """Whether the provider's conversation at the latest of these turns has all of them.

    It lacks those before a turn that was sent without them: alone, or at the same time.
    """
    kept = dict[int, set[int]]()
    by_number = {turn.number: turn for turn in turns}
    for turn in turns:
        sent = {*turn.context}
        before = by_number.get(max(sent, default=0))
        is_continued = (
            before is not None
            and before.continuation is not None
            and before.provider == turn.provider
            and sent <= kept[before.number]
        )
        kept[turn.number] = {turn.number} | sent
        if before is not None and is_continued:
            kept[turn.number] |= kept[before.number]
    return by_number.keys() <= kept[turns[-1].number]


def _as_text(turns: tuple[ContextTurn, ...]) -> str:
    lines = "".join(f"{at}. {turn.prompt}\n" for at, turn in enumerate(turns, 1))
    return f"{CONTEXT_BEGIN}{lines}{CONTEXT_END}"
