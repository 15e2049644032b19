"""What the provider sends to the Interactions API, as the strict stand-in accepts it."""

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from adapters.gemini.gemini_catalog import gemini_catalog
from application.ports.image_provider import Accepted, Delivered, PartialImage
from domain.conversations import ContextTurn, ConversationContext
from domain.errors import InvalidRequest
from domain.image_formats import Dimensions, ImageFormat
from domain.provider_errors import ConversationLost, RequestRefused
from domain.requests import (
    Background,
    EditRequest,
    GenerateRequest,
    ImageRequest,
    Moderation,
    Quality,
)
from tests.standin.gemini import GeminiFault, GeminiStandIn
from tests.testkit.fakes import FrozenClock, mask, small_image
from tests.unit.gemini_help import MODEL, card_of, gemini_delivered, gemini_events

pytestmark = pytest.mark.anyio
TODAY = FrozenClock().now().date()
TEAL = small_image("teal", (64, 64))
PLUM = small_image("plum", (64, 64))
OTHER = "gemini-9-image"


def sent(api: GeminiStandIn) -> dict[str, Any]:
    """The fields of the one POST."""
    (call,) = api.posts
    assert call.path == "/v1beta/interactions"
    return call.fields


async def test_a_request_has_the_prompt_the_size_and_nothing_that_was_not_asked_for(
    gemini_api: GeminiStandIn,
) -> None:
    size = Dimensions(1376, 768)
    await gemini_delivered(gemini_api.base_url, size=size)
    assert sent(gemini_api) == {
        "model": MODEL,
        "input": [{"type": "user_input", "content": [{"type": "text", "text": "a red bridge"}]}],
        "response_format": {
            "type": "image",
            "aspect_ratio": "16:9",
            "image_size": "1K",
            "mime_type": "image/jpeg",
            "delivery": "inline",
        },
        "store": True,
        "background": True,
    }


async def test_without_storing_nothing_is_stored_and_nothing_goes_on_in_the_background(
    gemini_api: GeminiStandIn,
) -> None:
    last = await gemini_delivered(gemini_api.base_url, options={"store": False})
    assert sent(gemini_api)["store"] is False
    assert "background" not in sent(gemini_api)
    assert last.continuation is None
    assert [call.method for call in gemini_api.calls] == ["POST"]


async def test_a_size_that_is_left_to_the_model_still_has_a_tier(gemini_api: GeminiStandIn) -> None:
    await gemini_delivered(gemini_api.base_url, size=None)
    form = sent(gemini_api)["response_format"]
    assert (form["image_size"], "aspect_ratio" in form) == ("1K", False)


async def test_an_edit_sends_up_to_14_images_byte_for_byte(gemini_api: GeminiStandIn) -> None:
    images = (TEAL, PLUM) * 7
    edit = EditRequest(prompt="brighter", model=MODEL, images=images)
    await gemini_delivered(gemini_api.base_url, edit)
    (call,) = gemini_api.posts
    assert [file.data for file in call.files] == [image.data for image in images]
    assert {file.content_type for file in call.files} == {"image/png"}


def context(**facts: Any) -> ConversationContext:  # noqa: ANN401 - its fields
    turns = (ContextTurn(number=1, prompt="a gray bridge"),)
    return ConversationContext(**{"turns": turns, "provider": "gemini", **facts})


async def test_the_next_turn_continues_the_interaction_and_sends_neither_prompts_nor_the_image(
    gemini_api: GeminiStandIn,
) -> None:
    first = await gemini_delivered(gemini_api.base_url)
    gemini_api.reset()
    known = context(continuation=first.continuation, edits_latest=True)
    edit = EditRequest(prompt="make it red", model=MODEL, images=(TEAL,), context=known)
    second = await gemini_delivered(gemini_api.base_url, edit)
    assert sent(gemini_api)["previous_interaction_id"] == first.continuation
    (step,) = sent(gemini_api)["input"]
    assert step["content"] == [{"type": "text", "text": "make it red"}]
    assert second.continuation not in (None, first.continuation)
    assert second.usage is not None
    assert second.usage.image_tokens_in == 1120  # Google reads the earlier image again


@pytest.mark.parametrize(
    ("facts", "options"),
    [
        ({"continuation": "resp_1", "provider": "openai-responses"}, {}),
        ({"continuation": None}, {}),
        ({"continuation": "v1_a"}, {"store": False}),
    ],
)
async def test_a_conversation_of_another_provider_goes_on_as_text(
    facts: dict[str, Any], options: dict[str, Any], gemini_api: GeminiStandIn
) -> None:
    if options:
        facts = {**facts, "provider": None}
    edit = EditRequest(prompt="make it red", model=MODEL, images=(TEAL,), context=context(**facts))
    await gemini_delivered(gemini_api.base_url, edit, options=options)
    content = sent(gemini_api)["input"][0]["content"]
    assert "a gray bridge" in content[0]["text"]
    assert [part["type"] for part in content] == ["text", "image"]
    assert "previous_interaction_id" not in sent(gemini_api)


async def test_a_conversation_that_google_has_forgotten_is_lost_and_costs_nothing(
    gemini_api: GeminiStandIn,
) -> None:
    request = GenerateRequest(
        prompt="make it red", model=MODEL, context=context(continuation="v1_gone")
    )
    with pytest.raises(ConversationLost) as lost:
        await gemini_events(gemini_api.base_url, request)
    assert lost.value.charged == "no"
    assert "useContext false" in lost.value.hint
    assert gemini_api.ledger == []


@dataclass(frozen=True)
class Option:
    """An option of a request, and what becomes of it: sent, told in a note, or refused."""

    fields: dict[str, Any]
    outcome: Literal["sent", "noted", "kept", "refused"]
    words: str = ""
    path: tuple[str | int, ...] = ()
    value: object = None
    edit: dict[str, Any] = field(default_factory=dict)

    @property
    def request(self) -> ImageRequest:
        if self.edit:
            return EditRequest(prompt="a hill", model=MODEL, **self.fields, **self.edit)
        return GenerateRequest(prompt="a hill", model=MODEL, **self.fields)


FORM = ("response_format",)
OPTIONS = {
    "prompt": Option({}, "sent", path=("input", 0, "content", 0, "text"), value="a hill"),
    "model": Option({}, "sent", path=("model",), value=MODEL),
    "size": Option(
        {"size": Dimensions(848, 1264)}, "sent", path=(*FORM, "aspect_ratio"), value="2:3"
    ),
    "size 2K": Option(
        {"size": Dimensions(2048, 2048)}, "sent", path=(*FORM, "image_size"), value="2K"
    ),
    "size None": Option({"size": None}, "sent", path=(*FORM, "image_size"), value="1K"),
    "images": Option(
        {}, "sent", path=("input", 0, "content", 1, "type"), value="image", edit={"images": (TEAL,)}
    ),
    "partial_images": Option(
        {"partial_images": 2},
        "sent",
        path=("generation_config", "thinking_summaries"),
        value="auto",
    ),
    "background opaque": Option({"background": Background.OPAQUE}, "kept"),
    "quality auto": Option({"quality": Quality.AUTO}, "kept"),
    "format jpeg": Option(
        {"format": ImageFormat.JPEG}, "sent", path=(*FORM, "mime_type"), value="image/jpeg"
    ),
    "format png": Option({"format": ImageFormat.PNG}, "kept"),
    "format webp": Option({"format": ImageFormat.WEBP}, "kept"),
    "format avif": Option({"format": ImageFormat.AVIF}, "kept"),
    "format auto": Option({"format": None}, "kept"),
    "output_compression": Option(
        {"format": ImageFormat.JPEG, "output_compression": 40},
        "noted",
        "output_compression 40 was not sent",
    ),
    "moderation low": Option(
        {"moderation": Moderation.LOW}, "noted", "moderation low was not sent"
    ),
    "quality": Option({"quality": Quality.HIGH}, "refused", "does not support quality 'high'"),
    "background transparent": Option(
        {"background": Background.TRANSPARENT}, "refused", "transparent backgrounds"
    ),
    "n": Option({"n": 2}, "refused", "generates at most 1 image in one call"),
    "mask": Option({}, "refused", "masks", edit={"images": (TEAL,), "mask": mask((64, 64))}),
    "15 images": Option({}, "refused", "at most 14 input images", edit={"images": (TEAL,) * 15}),
}
"""Every option of the two tools that concerns a provider."""


@pytest.mark.parametrize("option", OPTIONS.values(), ids=[*OPTIONS])
async def test_no_option_is_silently_dropped(option: Option, gemini_api: GeminiStandIn) -> None:
    request, card = option.request, card_of()
    if option.outcome == "refused":
        with pytest.raises(InvalidRequest, match=option.words):
            gemini_catalog().check(request, card, TODAY)
        return
    gemini_catalog().check(request, card, TODAY)
    last = await gemini_delivered(gemini_api.base_url, request)
    found: Any = sent(gemini_api)
    for key in option.path:
        found = found[key]
    if option.outcome == "sent":
        assert found == option.value
    noted = " ".join(last.notes)
    assert option.words in noted if option.outcome == "noted" else not last.notes


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("n", "several images"),
        ("mask", "masks"),
        ("background transparent", "transparent backgrounds"),
        ("15 images", "at most 14 input images, not 15"),
    ],
)
async def test_a_model_without_a_card_is_refused_the_same_before_anything_is_sent(
    name: str, words: str, gemini_api: GeminiStandIn
) -> None:
    with pytest.raises(RequestRefused, match=words) as refused:
        await gemini_events(gemini_api.base_url, OPTIONS[name].request, card=card_of(OTHER))
    assert refused.value.charged == "no"
    assert gemini_api.calls == []


async def test_a_model_without_a_card_gets_no_quality_and_the_answer_says_so(
    gemini_api: GeminiStandIn,
) -> None:
    request = OPTIONS["quality"].request
    last = await gemini_delivered(gemini_api.base_url, request, card=card_of(OTHER))
    assert last.notes == ("quality high was not sent: the Gemini API has no such option.",)


async def test_the_drafts_of_the_model_are_previews_and_missing_ones_are_told(
    gemini_api: GeminiStandIn,
) -> None:
    accepted, one, two, last = await gemini_events(gemini_api.base_url, partial_images=2)
    assert isinstance(accepted, Accepted)
    previews = [event for event in (one, two) if isinstance(event, PartialImage)]
    assert [(each.image_index, each.index) for each in previews] == [(0, 0), (0, 1)]
    assert isinstance(last, Delivered)
    assert last.notes == ()

    gemini_api.script(GeminiFault(drafts=0))
    (_, last) = await gemini_events(gemini_api.base_url, partial_images=3)
    assert isinstance(last, Delivered)
    assert "3 previews requested, 0 came" in last.notes[0]


async def test_no_more_previews_come_than_were_asked_for(gemini_api: GeminiStandIn) -> None:
    events = await gemini_events(gemini_api.base_url, partial_images=1)
    assert [type(event) for event in events] == [Accepted, PartialImage, Delivered]
