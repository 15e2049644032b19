"""What the provider sends to the Responses API, as the strict stand-in accepts it."""

from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest

from adapters.openai.responses.provider import ONE_IMAGE
from adapters.openai.responses.translate import response_parameters
from application.ports.image_provider import Delivered, PartialImage
from domain.conversations import ContextTurn, ConversationContext
from domain.errors import InvalidRequest
from domain.image_formats import ImageFormat
from domain.models import ModelCard
from domain.money.mainline_pricing import MAX_TOKENS_OUT
from domain.provider_errors import ConversationLost, ModelNotFound, RequestRefused
from domain.requests import Background, EditRequest, GenerateRequest, Moderation, Quality
from tests.standin import StandIn
from tests.testkit.fakes import FrozenClock, mask, small_image
from tests.unit.responses_help import MAINLINE, MODEL, card_of, delivered, response_events

pytestmark = pytest.mark.anyio
TODAY = FrozenClock().now().date()
TEAL = small_image("teal", (1024, 1024))
PLUM = small_image("plum", (64, 64))
PROVIDER = "openai-responses"


def sent(api: StandIn) -> dict[str, Any]:
    """The fields of the one request."""
    (call,) = api.posts
    assert call.path == "/v1/responses"
    return call.fields


async def test_every_option_that_changes_the_image_is_an_option_of_the_tool(
    openai_api: StandIn,
) -> None:
    await delivered(
        openai_api.base_url,
        quality=Quality.HIGH,
        format=ImageFormat.WEBP,
        background=Background.TRANSPARENT,
        output_compression=40,
        moderation=Moderation.LOW,
        card=ModelCard(name=MODEL, is_known=True),
    )
    assert sent(openai_api)["tools"] == [
        {
            "type": "image_generation",
            "action": "generate",
            "model": MODEL,
            "size": "1024x1024",
            "quality": "high",
            "background": "transparent",
            "output_format": "webp",
            "output_compression": 40,
            "moderation": "low",
        }
    ]


async def test_the_tool_is_forced_and_called_once_and_the_output_is_limited(
    openai_api: StandIn,
) -> None:
    await delivered(openai_api.base_url)
    fields = sent(openai_api)
    assert fields["model"] == MAINLINE
    assert (fields["tool_choice"], fields["max_tool_calls"]) == ({"type": "image_generation"}, 1)
    assert fields["max_output_tokens"] == MAX_TOKENS_OUT + len("a red bridge")
    assert (fields["store"], "previous_response_id" in fields) == (True, False)


async def test_an_edit_sends_its_images_and_its_mask_byte_for_byte(openai_api: StandIn) -> None:
    cut = mask((1024, 1024))
    edit = EditRequest(prompt="brighter", model=MODEL, images=(TEAL, PLUM), mask=cut)
    await delivered(openai_api.base_url, edit)
    tool = sent(openai_api)["tools"][0]
    assert tool["action"] == "edit"
    assert b64decode(tool["input_image_mask"]["image_url"].partition(",")[2]) == cut.data
    assert [each.data for each in openai_api.posts[0].files] == [TEAL.data, PLUM.data, cut.data]


async def test_previews_are_asked_for_and_come_before_the_image(openai_api: StandIn) -> None:
    *previews, last = await response_events(openai_api.base_url, partial_images=3)
    assert [each.index for each in previews if isinstance(each, PartialImage)] == [0, 1, 2]
    assert isinstance(last, Delivered)
    assert (last.images[0].image.digest,) == openai_api.ledger[0].digests
    assert sent(openai_api)["tools"][0]["partial_images"] == 3


async def test_a_second_turn_continues_the_first_and_sends_only_its_prompt(
    openai_api: StandIn,
) -> None:
    url = openai_api.base_url
    first = await delivered(url)
    second = await delivered(url, GenerateRequest(**_turn(first), prompt="at dusk"))
    fields = openai_api.posts[1].fields
    assert fields["previous_response_id"] == first.continuation
    assert fields["input"] == [
        {"role": "user", "content": [{"type": "input_text", "text": "at dusk"}]}
    ]
    assert second.continuation not in (None, first.continuation)


async def test_the_image_of_the_last_turn_is_edited_without_sending_it_again(
    openai_api: StandIn,
) -> None:
    url = openai_api.base_url
    first = await delivered(url)
    images = (first.images[0].image,)
    latest = replace(_turn(first)["context"], edits_latest=True)
    turn = {"model": MODEL, "context": latest}
    await delivered(url, EditRequest(**turn, prompt="at dusk", images=images))
    await delivered(url, EditRequest(**_turn(first), prompt="at dusk", images=(TEAL,)))
    assert [len(call.files) for call in openai_api.posts] == [0, 0, 1]
    assert [call.fields["tools"][0]["action"] for call in openai_api.posts[1:]] == ["edit"] * 2  # type: ignore[index] # fields are JSON
    charged = openai_api.ledger[1]
    assert charged.usage["input_tokens_details"] == {"text_tokens": 1, "image_tokens": 323}


async def test_with_a_mask_the_image_of_the_last_turn_is_sent(openai_api: StandIn) -> None:
    url = openai_api.base_url
    first = await delivered(url)
    images, cut = (first.images[0].image,), mask((1024, 1024))
    latest = replace(_turn(first)["context"], edits_latest=True)
    turn = {"model": MODEL, "context": latest}
    await delivered(url, EditRequest(**turn, prompt="x", images=images, mask=cut))
    assert len(openai_api.posts[1].files) == 2


@pytest.mark.parametrize("other", [{"store": False}, {"provider": "openai"}])
async def test_without_a_stored_response_of_its_own_the_earlier_prompts_are_sent(
    openai_api: StandIn, other: dict[str, Any]
) -> None:
    url = openai_api.base_url
    first = await delivered(url)
    provider = other.pop("provider", PROVIDER)
    turn = GenerateRequest(**_turn(first, provider), prompt="at dusk")
    second = await delivered(url, turn, **other)
    fields = openai_api.posts[1].fields
    assert "previous_response_id" not in fields
    assert fields["input"][0]["content"][0]["text"] == turn.prompt_in_context  # type: ignore[index] # fields are JSON
    assert "a red bridge" in turn.prompt_in_context
    assert fields["store"] is (provider == "openai")
    assert (second.continuation is None) == (other == {"store": False})


async def test_a_response_that_is_gone_is_an_error_that_says_how_to_go_on(
    openai_api: StandIn,
) -> None:
    url = openai_api.base_url
    first = await delivered(url)
    openai_api.forget_responses()
    with pytest.raises(ConversationLost, match="no longer has the earlier turns") as lost:
        await delivered(url, GenerateRequest(**_turn(first), prompt="at dusk"))
    assert "useContext false" in lost.value.hint
    assert (len(openai_api.posts), len(openai_api.ledger)) == (2, 1)
    assert lost.value.charged == "no"


async def test_several_images_are_refused_before_anything_is_sent(openai_api: StandIn) -> None:
    catalog_card = card_of()
    assert catalog_card.max_images == 1
    with pytest.raises(RequestRefused, match=ONE_IMAGE):
        await delivered(openai_api.base_url, n=2, card=ModelCard(name="x", is_known=False))
    assert openai_api.calls == []


def test_the_refusal_of_several_images_says_who_can() -> None:
    from adapters.openai.responses.prices import responses_catalog

    catalog = responses_catalog(MAINLINE)
    with pytest.raises(InvalidRequest, match="at most 1 image in one call") as refused:
        catalog.check(GenerateRequest(prompt="x", model=MODEL, n=2), card_of(), TODAY)
    assert "API_MODE=images" in refused.value.hint


@pytest.mark.parametrize(
    ("mainline", "kind", "words"),
    [
        ("gpt-none", ModelNotFound, "no model 'gpt-none', which RESPONSES_MODEL names"),
        ("o1-mini", RequestRefused, "o1-mini, the model in RESPONSES_MODEL, cannot generate"),
    ],
)
async def test_a_mainline_model_that_cannot_serve_is_named_with_its_setting(
    openai_api: StandIn, mainline: str, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words) as refused:
        await delivered(openai_api.base_url, mainline=mainline)
    assert "RESPONSES_MODEL" in getattr(refused.value, "hint", "")


async def test_an_image_model_that_is_missing_is_named_itself(openai_api: StandIn) -> None:
    with pytest.raises(ModelNotFound, match="gpt-image-9"):
        await delivered(
            openai_api.base_url, model="gpt-image-9", card=ModelCard(name="gpt-image-9")
        )


def test_another_endpoint_gets_no_defaults() -> None:
    request = GenerateRequest(prompt="x", model="local/flux")
    parameters = response_parameters(
        request, mainline="m", store=False, continuation=None, without=True, known_model=False
    )
    size = {"size": "1024x1024"}
    assert parameters["tools"] == [
        {"type": "image_generation", "action": "generate", "model": "local/flux", **size}
    ]


def _turn(first: Delivered, provider: str = PROVIDER) -> dict[str, Any]:
    """The fields of a request that continues this turn."""
    image = first.images[0].image
    turn = ContextTurn(number=1, prompt="a red bridge", image_ids=(image.id,))
    context = ConversationContext(turns=(turn,), continuation=first.continuation, provider=provider)
    return {"model": MODEL, "context": context}
