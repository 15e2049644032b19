"""Conversations in words and as structured data, for every entry point."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from domain.conversations import (
    ClearedConversation,
    Conversation,
    ConversationId,
    ConversationSummary,
    Turn,
)
from domain.counts import count
from domain.results import ServedFrom
from domain.untrusted_text import several_lines, single_line

MAX_PROMPT = 500
"""Characters of a prompt of a turn, so that all turns fit into one message."""
MAX_PROMPT_LINE = 200


class TurnImageEntry(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """An image of a turn. A deleted one is in the trash, or gone."""

    id: str
    deleted: bool = False


class TurnEntry(Struct, kw_only=True, rename="camel", omit_defaults=True):
    """A turn. `context` has the numbers of the turns that were sent as its context."""

    turn: int
    job_id: str
    action: str
    prompt: str
    revised_prompt: str | UnsetType = UNSET
    images: list[TurnImageEntry]
    made_at: str
    served_from: str
    context: list[int] | UnsetType = UNSET


class ConversationResult(Struct, kw_only=True, rename="camel"):
    """A conversation with its turns, the oldest first."""

    conversation_id: str
    turns: list[TurnEntry]


class ConversationEntry(Struct, kw_only=True, rename="camel"):
    """A conversation; `prompt` is that of its latest turn."""

    conversation_id: str
    turns: int
    begun_at: str
    changed_at: str
    prompt: str


class ListConversationsResult(Struct, kw_only=True):
    """Conversations, the one with the newest turn first."""

    conversations: list[ConversationEntry]


class ClearConversationResult(Struct, kw_only=True, rename="camel"):
    """The number of deleted turns; `overwritten` is false if files may still have their texts."""

    conversation_id: str
    turns: int
    overwritten: bool


def conversation_result(found: Conversation) -> ConversationResult:
    """A conversation, structured."""
    return ConversationResult(
        conversation_id=str(found.id), turns=[_turn_entry(turn) for turn in found.turns]
    )


def conversation_text(found: Conversation) -> str:
    """The same in words."""
    first_line = f"Conversation {found.id}: {count(len(found.turns), 'turn')}."
    return "\n".join([first_line, *map(_turn_text, found.turns)])


def list_result(found: Sequence[ConversationSummary]) -> ListConversationsResult:
    """Conversations, structured."""
    entries = [
        ConversationEntry(
            conversation_id=str(each.id),
            turns=each.turns,
            begun_at=_time(each.begun_at),
            changed_at=_time(each.changed_at),
            prompt=several_lines(each.prompt, MAX_PROMPT),
        )
        for each in found
    ]
    return ListConversationsResult(conversations=entries)


def list_text(found: Sequence[ConversationSummary]) -> str:
    """The same in words."""
    if not found:
        return "There are no conversations. Pass a conversationId of your choice to begin one."
    lines = [
        f"{each.id} · {count(each.turns, 'turn')} · {_time(each.begun_at)} to "
        f"{_time(each.changed_at)} · {single_line(each.prompt, MAX_PROMPT_LINE)}"
        for each in found
    ]
    return "\n".join(lines)


def cleared_result(id_: ConversationId, cleared: ClearedConversation) -> ClearConversationResult:
    """What was cleared, structured."""
    return ClearConversationResult(
        conversation_id=str(id_), turns=cleared.turns, overwritten=cleared.is_overwritten
    )


def cleared_conversation_text(id_: ConversationId, cleared: ClearedConversation) -> str:
    """The same in words."""
    turns = count(cleared.turns, "turn")
    text = f"Conversation {id_} cleared: {turns}, with all texts. The images are kept."
    if cleared.is_overwritten:
        return f"{text} The texts are overwritten in the files, too."
    return (
        f"{text} Files of the database may have copies of the texts until the server is started "
        "again."
    )


def _turn_entry(turn: Turn) -> TurnEntry:
    revised = turn.revised_prompt
    return TurnEntry(
        turn=turn.number,
        job_id=turn.job_id,
        action=turn.action,
        prompt=several_lines(turn.prompt, MAX_PROMPT),
        revised_prompt=several_lines(revised, MAX_PROMPT) if revised else UNSET,
        images=[TurnImageEntry(id=image.id, deleted=image.deleted) for image in turn.images],
        made_at=_time(turn.at),
        served_from=turn.served_from,
        context=[*turn.context] if turn.context else UNSET,
    )


def _turn_text(turn: Turn) -> str:
    images = (f"{each.id}{' (deleted)' if each.deleted else ''}" for each in turn.images)
    sources = {
        ServedFrom.PROVIDER: "from the provider",
        ServedFrom.JOINED: "joined an equal request",
    }
    source = sources.get(turn.served_from, f"from the cache ({turn.served_from})")
    context = f"context: {', '.join(map(str, turn.context))}" if turn.context else ""
    revised = turn.revised_prompt
    facts = (
        *(turn.action, *images, _time(turn.at), source, context, turn.job_id),
        f"revised: {single_line(revised, MAX_PROMPT_LINE)}" if revised else "",
    )
    prompt = single_line(turn.prompt, MAX_PROMPT_LINE)
    return f"{turn.number}. {prompt}\n   {' · '.join(fact for fact in facts if fact)}"


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
