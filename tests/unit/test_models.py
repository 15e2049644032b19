"""Model cards: abilities, retirement dates and prices."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from adapters.openai.catalog import openai_catalog
from adapters.sketch.provider import CATALOG as SKETCHES
from domain.errors import UnsupportedByModel
from domain.image_formats import Dimensions, ImageFormat
from domain.models import Catalog, ModelCard
from domain.requests import Background, EditRequest, GenerateRequest, ImageRequest, Quality
from domain.results import Usage
from tests.testkit.fakes import PNG

TODAY = date(2026, 11, 22)
CATALOG = openai_catalog()


def test_the_default_model_has_no_retirement_date() -> None:
    choice = CATALOG.choose(None, TODAY)
    assert choice.model == choice.requested_model == "gpt-image-2.6-flare"
    assert choice.card.retirement_date is None
    assert choice.notes == ()


@pytest.mark.parametrize("name", ["gpt-image-1", "dall-e-2", "dall-e-3"])
def test_a_retired_name_is_served_by_its_successor_with_a_note(name: str) -> None:
    choice = CATALOG.choose(name, TODAY)
    assert choice.requested_model == name
    assert choice.model == "gpt-image-2.6-flare"
    assert "retired on 2026-" in choice.notes[0]


def test_a_model_is_retired_from_its_retirement_date_on() -> None:
    assert CATALOG.choose("gpt-image-1.5", date(2026, 11, 30)).model == "gpt-image-1.5"
    assert CATALOG.choose("gpt-image-1.5", date(2026, 12, 1)).model == "gpt-image-2.6-flare"


def test_a_model_in_its_last_month_comes_with_a_note() -> None:
    assert "retires on 2026-12-01" in CATALOG.choose("gpt-image-1-mini", TODAY).notes[0]
    assert CATALOG.choose("gpt-image-1-mini", date(2026, 10, 1)).notes == ()


def test_a_snapshot_keeps_its_name_and_has_its_models_abilities() -> None:
    choice = CATALOG.choose("gpt-image-2-2026-04-21", TODAY)
    assert (choice.model, choice.card.name) == ("gpt-image-2-2026-04-21", "gpt-image-2")


def test_an_unknown_model_passes_through_unchecked() -> None:
    choice = CATALOG.choose("gpt-image-9", TODAY)
    assert choice.model == "gpt-image-9"
    odd = GenerateRequest(prompt="x", size=Dimensions(1, 9999), n=4, partial_images=3)
    CATALOG.check(odd, choice.card, TODAY)


def test_no_successor_has_a_retirement_date() -> None:
    for card in CATALOG.cards:
        if card.successor is not None:
            successor = CATALOG.find(card.successor)
            assert successor is not None
            assert successor.retirement_date is None


@pytest.mark.parametrize(
    ("model", "request_", "field", "supporting"),
    [
        (
            "gpt-image-1.5",
            GenerateRequest(prompt="x", size=Dimensions(2048, 2048)),
            "size",
            "gpt-image-2.6-flare",
        ),
        (
            "gpt-image-2",
            GenerateRequest(prompt="x", quality=Quality.MAX),
            "quality",
            "gpt-image-2.6-flare",
        ),
        (
            "gpt-image-2.6-flare",
            GenerateRequest(prompt="x", n=2, partial_images=1),
            "partialImages",
            "Leave out partialImages, or set n to 1.",
        ),
    ],
)
def test_an_unsupported_option_names_a_model_that_supports_it(
    model: str, request_: ImageRequest, field: str, supporting: str
) -> None:
    card = CATALOG.find(model)
    assert card is not None
    with pytest.raises(UnsupportedByModel) as refused:
        CATALOG.check(request_, card, TODAY)
    assert refused.value.field == field
    assert supporting in refused.value.hint


@pytest.mark.parametrize(
    ("card", "request_", "field"),
    [
        (
            ModelCard(name="x", transparent=False),
            GenerateRequest(prompt="x", background=Background.TRANSPARENT),
            "background",
        ),
        (
            ModelCard(name="x", formats=frozenset({ImageFormat.PNG})),
            GenerateRequest(prompt="x", format=ImageFormat.WEBP),
            "format",
        ),
        (
            ModelCard(name="x", streams=False),
            GenerateRequest(prompt="x", partial_images=1),
            "partialImages",
        ),
        (
            ModelCard(name="x", max_input_images=1),
            EditRequest(prompt="x", images=(PNG, PNG)),
            "images",
        ),
        (ModelCard(name="x", max_images=1), GenerateRequest(prompt="x", n=2), "n"),
    ],
)
def test_each_ability_of_a_card_is_checked(
    card: ModelCard, request_: ImageRequest, field: str
) -> None:
    unsupported = card.unsupported_option(request_)
    assert unsupported is not None
    assert unsupported[0] == field


JPEG_ONLY = ModelCard(
    name="x",
    formats=frozenset({ImageFormat.JPEG}),
    qualities=frozenset({Quality.AUTO, Quality.LOW}),
    max_images=1,
    max_input_images=1,
)


@pytest.mark.parametrize(
    ("card", "request_", "why"),
    [
        (JPEG_ONLY, GenerateRequest(prompt="x"), "does not support format 'png'; it supports jpeg"),
        (
            JPEG_ONLY,
            GenerateRequest(prompt="x", format=None),
            "does not support format 'auto'; it supports jpeg",
        ),
        (
            JPEG_ONLY,
            GenerateRequest(prompt="x", quality=Quality.MAX),
            "does not support quality 'max'; it supports low, auto",
        ),
        (
            JPEG_ONLY,
            GenerateRequest(prompt="x", format=ImageFormat.JPEG, n=2),
            "generates at most 1 image in one call",
        ),
        (
            JPEG_ONLY,
            EditRequest(prompt="x", format=ImageFormat.JPEG, images=(PNG, PNG)),
            "accepts at most 1 input image",
        ),
        (
            ModelCard(name="x", max_images=2),
            GenerateRequest(prompt="x", n=3),
            "generates at most 2 images in one call",
        ),
        (
            ModelCard(name="x", max_input_images=0),
            EditRequest(prompt="x", images=(PNG,)),
            "cannot edit images",
        ),
    ],
)
def test_a_card_says_what_it_supports(card: ModelCard, request_: ImageRequest, why: str) -> None:
    unsupported = card.unsupported_option(request_)
    assert unsupported is not None
    assert unsupported[1] == why


@pytest.mark.parametrize(
    ("request_", "hint"),
    [
        (GenerateRequest(prompt="x"), 'Use format "jpeg".'),
        (
            GenerateRequest(prompt="x", background=Background.TRANSPARENT),
            "No available model supports this. Use another value.",
        ),
        (
            EditRequest(prompt="x", format=ImageFormat.JPEG, images=(PNG,)),
            "Generate an image instead, or use another PROVIDER.",
        ),
    ],
)
def test_where_no_model_can_the_hint_says_what_to_do_instead(
    request_: ImageRequest, hint: str
) -> None:
    card = replace(JPEG_ONLY, max_input_images=0)
    editor = ModelCard(name="retired", retirement_date=TODAY)
    with pytest.raises(UnsupportedByModel) as refused:
        Catalog(cards=(card, editor), default="x").check(request_, card, TODAY)
    assert refused.value.hint == hint


def test_too_many_inputs_are_not_a_lack_of_edits() -> None:
    request = EditRequest(prompt="x", format=ImageFormat.JPEG, images=(PNG, PNG))
    with pytest.raises(UnsupportedByModel) as refused:
        Catalog(cards=(JPEG_ONLY,), default="x").check(request, JPEG_ONLY, TODAY)
    assert refused.value.hint == "No available model supports this. Use another value."


@pytest.mark.parametrize(
    ("size", "allowed"),
    [
        ("1024x1024", True),
        ("2560x1440", True),
        ("3840x2160", True),
        ("2160x3840", True),
        ("1000x1000", False),  # not a multiple of 16
        ("3072x1008", False),  # flatter than 3:1
        ("512x512", False),  # too few pixels
        ("3840x2176", False),  # too tall
        ("4096x1536", False),  # too wide
    ],
)
def test_free_sizes_have_bounds(size: str, allowed: bool) -> None:
    card = CATALOG.find("gpt-image-2.6-flare")
    assert card is not None
    assert card.sizes.allows(Dimensions.parse(size)) is allowed


def test_free_sizes_name_their_multiple_only_if_it_excludes_a_size() -> None:
    assert "WIDTHxHEIGHT in multiples of 16 up to" in str(CATALOG.cards[0].sizes)
    assert "WIDTHxHEIGHT up to" in str(SKETCHES.cards[0].sizes)


def test_cached_input_has_its_own_rate() -> None:
    card = CATALOG.find("gpt-image-2.6-flare")
    assert card is not None
    usage = Usage(
        text_tokens_in=1000,
        image_tokens_in=500,
        tokens_out=0,
        cached_text_tokens_in=400,
        cached_image_tokens_in=100,
    )
    text = Decimal("0.003") + Decimal("0.0005")  # 600 tokens at 5 and 400 at 1.25 a million
    image = Decimal("0.0032") + Decimal("0.0002")  # 400 at 8 and 100 at 2
    assert card.cost(usage) == text + image


def test_cached_input_without_its_own_rate_costs_the_full_rate() -> None:
    card = CATALOG.find("gpt-image-1-mini")
    assert card is not None
    usage = Usage(text_tokens_in=1000, image_tokens_in=0, tokens_out=0, cached_text_tokens_in=1000)
    assert card.cost(usage) == Decimal("0.002")


def test_a_free_model_costs_nothing_without_a_usage() -> None:
    for name in ("sketch", "whatever"):
        assert SKETCHES.choose(name, date(2026, 11, 24)).card.cost(None) == 0


def test_the_cost_is_computed_exactly_from_the_tokens() -> None:
    card = CATALOG.find("gpt-image-2.6-flare")
    assert card is not None
    usage = Usage(text_tokens_in=1000, image_tokens_in=500, tokens_out=2000)
    assert card.cost(usage) == Decimal("0.069")
