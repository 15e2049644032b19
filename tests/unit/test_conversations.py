"""The names of conversations, and the context that a request carries."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.conversations import (
    MAX_ID_CHARACTERS,
    MAX_TURN_CHARACTERS,
    ConversationContext,
    ConversationId,
    ConversationOptions,
    Turn,
    TurnImage,
)
from domain.errors import InvalidRequest
from domain.requests import EditRequest, GenerateRequest

NOW = datetime(2026, 11, 27, tzinfo=UTC)
ROOM = 32_000


def turn(number: int, prompt: str, **more: Any) -> Turn:  # noqa: ANN401 - fields of Turn
    facts = {"action": "generate", "served_from": "provider", "provider": "openai", **more}
    return Turn(number=number, job_id=f"job_{number}", prompt=prompt, at=NOW, **facts)


@pytest.mark.parametrize(
    "name", ["logo", "a" * MAX_ID_CHARACTERS, "Entwürfe 2", "1.2", "C0123:17", "猫"]
)
def test_a_conversation_has_any_readable_name(name: str) -> None:
    assert str(ConversationId(name)) == name


@pytest.mark.parametrize("name", [" Entw\u00fcrfe 2\t", "Entwu\u0308rfe 2"])
def test_blanks_around_a_name_and_forms_of_letters_do_not_count(name: str) -> None:
    assert ConversationId(name) == ConversationId("Entw\u00fcrfe 2")


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", ".", "..", "a\nb", "\u200b", "a\ud800", "a" * (MAX_ID_CHARACTERS + 1)]
)
def test_another_name_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(InvalidRequest, match="no name for a conversation") as refusal:
        ConversationId(name)
    assert refusal.value.field == "conversationId"
    assert "logo-ideas" in refusal.value.hint


@pytest.mark.parametrize("turns", [-1, 11])
def test_a_context_has_at_most_ten_turns(turns: int) -> None:
    with pytest.raises(InvalidRequest, match="1 to 10 turns"):
        ConversationOptions(id=ConversationId("logo"), context_turns=turns)


def test_the_context_comes_before_the_prompt_in_the_documented_form() -> None:
    turns = (turn(3, "a fox"), turn(4, "in\nthe  snow", revised_prompt="a fox in\nthe snow"))
    request = GenerateRequest(prompt="at night", context=ConversationContext.of(turns, room=ROOM))
    assert request.prompt_in_context == (
        "Earlier in this conversation, oldest first:\n"
        "1. a fox\n"
        "2. a fox in the snow\n"
        "\n"
        "Keep what they describe, except for what this changes:\n"
        "at night"
    )


def test_without_a_context_the_prompt_is_sent_as_it_is() -> None:
    assert GenerateRequest(prompt="a fox").prompt_in_context == "a fox"
    assert ConversationContext.of((), room=ROOM) is None


def test_a_long_turn_is_cut_and_the_oldest_ones_are_left_out() -> None:
    turns = tuple(turn(number, f"{number}" * 5_000) for number in range(1, 10))
    whole = ConversationContext.of(turns, room=ROOM)
    assert whole is not None
    assert [len(each.prompt) for each in whole.turns] == [MAX_TURN_CHARACTERS] * 9
    short = ConversationContext.of(turns, room=3_000)
    assert short is not None
    assert [each.number for each in short.turns] == [8, 9]
    assert len(short.before("")) <= 3_000
    assert ConversationContext.of(turns, room=100) is None


def test_only_the_latest_turn_can_be_continued() -> None:
    turns = (
        turn(1, "a fox", continuation="resp_1"),
        turn(2, "a hat", continuation="resp_2", context=(1,)),
    )
    context = ConversationContext.of(turns, room=ROOM)
    assert context is not None
    assert (context.continuation, context.provider) == ("resp_2", "openai")
    interrupted = ConversationContext.of((*turns, turn(3, "a scarf")), room=ROOM)
    assert interrupted is not None
    assert interrupted.continuation is None
    bare = ConversationContext.of(turns, room=10)  # no text fits, and none is needed
    assert bare is not None
    assert (bare.turns, bare.continuation) == ((), "resp_2")
    assert bare.before("a scarf") == "a scarf"


@pytest.mark.parametrize(
    ("contexts", "wanted", "is_continued"),
    [
        pytest.param([(), (1,), (1, 2)], 3, True, id="each turn builds on all"),
        pytest.param([(), (1,), (2,)], 3, True, id="each turn continues the one before it"),
        pytest.param([(), (1,), ()], 3, False, id="the latest was sent alone"),
        pytest.param([(), (1,), ()], 1, True, id="nothing before the latest is wanted"),
        pytest.param([(), (1,), (), (1, 2, 3)], 4, True, id="the turn after it was sent the text"),
        pytest.param([(), (1,), (), (3,)], 4, False, id="the turn after it continues it alone"),
        pytest.param([(), (1,), (1,)], 3, False, id="two were sent at once"),
        pytest.param([(), (1,), (), (2, 3)], 4, False, id="the text had only the latest"),
    ],
)
def test_a_provider_continues_only_what_has_all_turns(
    contexts: list[tuple[int, ...]], wanted: int, *, is_continued: bool
) -> None:
    turns = tuple(
        turn(at, "a fox", context=sent, continuation=f"resp_{at}")
        for at, sent in enumerate(contexts, 1)
    )[-wanted:]
    context = ConversationContext.of(turns, room=ROOM)
    assert context is not None
    assert context.continuation == (f"resp_{len(contexts)}" if is_continued else None)
    assert context.numbers == tuple(each.number for each in turns)


def test_the_last_image_of_a_turn_is_one_that_is_still_there() -> None:
    images = (TurnImage("img_1"), TurnImage("img_2"), TurnImage("img_3", deleted=True))
    assert turn(1, "a fox", images=images).last_image == "img_2"
    assert turn(1, "a fox", images=images[2:]).last_image is None


def test_an_edit_needs_an_image_except_in_a_conversation() -> None:
    with pytest.raises(InvalidRequest, match="number of input images"):
        EditRequest(prompt="a hat", images=())
    options = ConversationOptions(id=ConversationId("logo"))
    assert EditRequest(prompt="a hat", images=(), conversation=options).images == ()
