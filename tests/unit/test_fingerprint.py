"""Equal fingerprints mean equal images, and no field is left out."""

from dataclasses import fields, replace
from typing import Any

import pytest

from domain.conversations import (
    ContextTurn,
    ConversationContext,
    ConversationId,
    ConversationOptions,
)
from domain.delivery_sizes import DeliverySize
from domain.fingerprint import IGNORED_FIELDS, OF_THE_CALLER, fingerprint, request_digest
from domain.image_formats import Dimensions, ImageFormat
from domain.requests import (
    Background,
    EditRequest,
    GenerateRequest,
    ImageRequest,
    Moderation,
    Quality,
)
from domain.size_words import SizeInWords
from tests.testkit.fakes import mask, small_image

REQUEST = EditRequest(
    prompt="a red bridge",
    model="gpt-image-2.6-flare",
    images=(small_image("red"), small_image("blue")),
    mask=mask(),
    format=ImageFormat.WEBP,
)
OLD_DIGEST = "cb7d70809a95077f806b323975c40cd51c1e381ed680c87cd14401847abbc00a"
OLD_FINGERPRINT = "3a3ab4607ff62e4979936a591d97ccf020ba3a737ce08596a3790599a3167f61"
"""Of `GenerateRequest(prompt="a red bridge")`, before there were conversations."""
CHANGES: dict[str, Any] = {
    "prompt": "a red bridge ",
    "model": "gpt-image-2.6-sunburst",
    "size": Dimensions(1536, 1024),
    "deliver": DeliverySize.parse("800x600"),
    "size_in_words": SizeInWords.parse("16:9"),
    "quality": Quality.HIGH,
    "format": ImageFormat.JPEG,
    "background": Background.OPAQUE,
    "moderation": Moderation.LOW,
    "n": 2,
    "images": (small_image("blue"), small_image("red")),
    "mask": None,
    "keep_shape": True,
    "context": ConversationContext(turns=(ContextTurn(number=1, prompt="a bridge"),)),
    "style": "ink",
}


def _fingerprint(request: ImageRequest, **other: str) -> str:
    context = {"provider": "openai", "endpoint": "https://one", "owner": "local", **other}
    return fingerprint(request, **context)


@pytest.mark.parametrize("field", [field.name for field in fields(EditRequest)])
def test_every_field_that_changes_the_image_changes_the_fingerprint(field: str) -> None:
    if field in IGNORED_FIELDS | OF_THE_CALLER:
        return
    changed = replace(REQUEST, **{field: CHANGES[field]})
    assert _fingerprint(changed) != _fingerprint(REQUEST)


def test_previews_do_not_change_the_fingerprint() -> None:
    assert _fingerprint(replace(REQUEST, partial_images=3)) == _fingerprint(REQUEST)


def test_the_compression_that_is_sent_counts() -> None:
    assert _fingerprint(replace(REQUEST, output_compression=60)) != _fingerprint(REQUEST)
    assert _fingerprint(replace(REQUEST, output_compression=85)) == _fingerprint(REQUEST)
    png = replace(REQUEST, format=ImageFormat.PNG)
    assert _fingerprint(replace(png, output_compression=60)) == _fingerprint(png)


@pytest.mark.parametrize("context", ["provider", "endpoint", "owner"])
def test_provider_endpoint_and_owner_change_the_fingerprint(context: str) -> None:
    assert _fingerprint(REQUEST, **{context: "another"}) != _fingerprint(REQUEST)


def test_number_and_order_of_images_change_the_fingerprint() -> None:
    red, blue = REQUEST.images
    fingerprints = {
        _fingerprint(replace(REQUEST, images=images))
        for images in ((red,), (red, red), (red, blue), (blue, red))
    }
    assert len(fingerprints) == 4


def test_text_moved_between_fields_changes_the_fingerprint() -> None:
    one = replace(REQUEST, prompt="a", model="bc")
    other = replace(REQUEST, prompt="ab", model="c")
    assert _fingerprint(one) != _fingerprint(other)


def test_equal_requests_have_equal_fingerprints() -> None:
    assert _fingerprint(replace(REQUEST, images=(small_image(),), mask=None)) == _fingerprint(
        EditRequest(
            prompt="a red bridge",
            model="gpt-image-2.6-flare",
            images=(small_image(),),
            format=ImageFormat.WEBP,
        )
    )


def test_the_name_of_a_conversation_changes_only_the_digest_of_the_call() -> None:
    options = ConversationOptions(id=ConversationId("logo"))
    one, other = REQUEST, replace(REQUEST, conversation=options)
    assert _fingerprint(one) == _fingerprint(other)
    assert request_digest(one) != request_digest(other)
    more = replace(other, conversation=replace(options, context_turns=5))
    assert request_digest(more) != request_digest(other)


def test_everything_that_a_context_sends_changes_the_fingerprint() -> None:
    turn = ContextTurn(number=1, prompt="a bridge", image_ids=("img_1",))
    context = ConversationContext(turns=(turn, turn), continuation="resp_1", provider="openai")
    others = (
        replace(context, continuation="resp_2"),
        replace(context, provider="another"),
        replace(context, turns=(turn,)),
        replace(context, turns=(turn, replace(turn, prompt="a road"))),
        replace(context, turns=(turn, replace(turn, image_ids=("img_2",)))),
    )
    found = {_fingerprint(replace(REQUEST, context=each)) for each in (context, *others)}
    assert len(found) == 6
    elsewhere = replace(context, turns=(turn, replace(turn, number=7)))
    assert _fingerprint(replace(REQUEST, context=elsewhere)) in found


def test_a_request_without_a_conversation_has_the_digest_of_earlier_versions() -> None:
    """Cached results and idempotency keys outlive an update."""
    request = GenerateRequest(prompt="a red bridge")
    assert request_digest(request) == OLD_DIGEST
    assert _fingerprint(request) == OLD_FINGERPRINT
