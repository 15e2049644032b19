"""What calls of Google's models cost, by the token counts of their replies."""

from base64 import b64encode
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from adapters.gemini.gemini_catalog import Shape, gemini_catalog, shape_of, shapes
from adapters.gemini.gemini_endpoint import GeminiEndpoint
from adapters.gemini.interaction_usage import MAX_TOKENS, parse_usage
from adapters.gemini.interactions import NO_COUNTS, Interaction, delivered
from domain.conversations import ContextTurn, ConversationContext
from domain.image_formats import Dimensions
from domain.money.thought_pricing import ThoughtPricing
from domain.requests import EditRequest, GenerateRequest
from domain.results import MainlineUsage, Usage
from domain.size_words import SizeInWords
from tests.standin.gemini.gemini_sizes import PIXELS, TOKENS
from tests.testkit.fakes import PNG, small_image
from tests.unit.gemini_help import MODEL, card_of

TODAY = date(2026, 11, 28)
LITE, FLASH, PRO = "gemini-3.1-flash-lite-image", "gemini-3.1-flash-image", "gemini-3-pro-image"


def counts(text: int, images_in: int, images_out: int, words: int, thoughts: int) -> dict[str, Any]:
    """Usage in the form of published replies: thoughts beside the output."""
    modes = [{"modality": "text", "tokens": text}]
    modes += [{"modality": "image", "tokens": images_in}] if images_in else []
    return {
        "total_tokens": text + images_in + images_out + words + thoughts,
        "total_input_tokens": text + images_in,
        "input_tokens_by_modality": modes,
        "total_cached_tokens": 0,
        "total_output_tokens": images_out + words,
        "output_tokens_by_modality": [{"modality": "image", "tokens": images_out}],
        "total_tool_use_tokens": 0,
        "total_thought_tokens": thoughts,
    }


@pytest.mark.parametrize(
    ("model", "text", "images_in", "images_out", "words", "thoughts", "price"),
    [
        (MODEL, 28, 0, 1120, 0, 0, "0.033642"),
        (MODEL, 28, 0, 1120, 11, 240, "0.0355245"),
        (MODEL, 12, 0, 1680, 0, 512, "0.054258"),
        (MODEL, 40, 0, 3780, 0, 900, "0.12021"),
        (MODEL, 31, 1120, 1120, 0, 200, "0.0368265"),
        (MODEL, 31, 15680, 1680, 9, 1300, "0.083784"),
        (MODEL, 5, 0, 0, 0, 0, "0.0000075"),
        (FLASH, 20, 0, 747, 0, 0, "0.04483"),
        (FLASH, 28, 0, 1120, 0, 0, "0.067214"),
        (FLASH, 28, 0, 1680, 0, 0, "0.100814"),
        (FLASH, 28, 0, 2520, 0, 0, "0.151214"),
        (FLASH, 29, 0, 4480, 1619, 0, "0.2736715"),
        (FLASH, 50, 1069, 1120, 0, 240, "0.0684795"),
        (FLASH, 8000, 0, 1120, 0, 1, "0.071203"),
        (LITE, 28, 0, 1120, 0, 0, "0.033607"),
        (LITE, 28, 1120, 1120, 30, 0, "0.033932"),
        (LITE, 7, 2240, 1120, 0, 600, "0.03506175"),
        (PRO, 28, 0, 1120, 0, 0, "0.134456"),
        (PRO, 28, 0, 2000, 0, 0, "0.240056"),
        (PRO, 50, 1069, 0, 0, 240, "0.005118"),
        (PRO, 300, 5600, 1120, 20, 1800, "0.16804"),
        (PRO, 12, 0, 0, 45, 160, "0.002484"),
    ],
)
def test_every_kind_of_token_has_its_price(
    model: str, text: int, images_in: int, images_out: int, words: int, thoughts: int, price: str
) -> None:
    usage = parse_usage(counts(text, images_in, images_out, words, thoughts))
    assert card_of(model).cost(usage) == Decimal(price)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, 251),
        ({"total_tokens": 1159}, 11),  # within the output, or not counted at all
        ({"total_thought_tokens": None}, 251),
        ({"total_tokens": None}, 251),
        ({"total_tokens": None, "total_thought_tokens": None}, 11),
        ({"total_tokens": 3}, 11),
        ({"total_tool_use_tokens": 51}, 200),
    ],
)
def test_thoughts_count_wherever_the_reply_has_them(changed: dict[str, Any], words: int) -> None:
    usage = parse_usage({**counts(28, 0, 1120, 11, 240), **changed})
    assert usage is not None
    assert usage.mainline == MainlineUsage(tokens_in=0, tokens_out=words)
    assert usage.tokens_out == 1120


@pytest.mark.parametrize(
    "usage",
    [
        None,
        [],
        {},
        {"total_tokens": 1148},
        {**counts(28, 0, 1120, 0, 0), "output_tokens_by_modality": None},
        {**counts(28, 0, 1120, 0, 0), "output_tokens_by_modality": []},
        {**counts(28, 0, 1120, 0, 0), "output_tokens_by_modality": [{"modality": "image"}]},
        {**counts(28, 0, 1120, 0, 0), "total_input_tokens": -1},
        {**counts(28, 0, 1120, 0, 0), "total_output_tokens": True},
        {**counts(28, 0, 1120, 0, 0), "total_output_tokens": "1120"},
        {**counts(28, 0, 1120, 0, 0), "total_input_tokens": MAX_TOKENS + 1},
        {**counts(28, 0, 1120, 0, 0), "total_tokens": MAX_TOKENS * 2},
    ],
)
def test_counts_that_are_missing_or_absurd_make_the_cost_unknown_and_not_0(usage: object) -> None:
    assert parse_usage(usage) is None
    assert card_of().cost(None) is None


def test_output_in_words_only_needs_no_breakdown_by_kind() -> None:
    usage = {**counts(28, 0, 0, 0, 0), "output_tokens_by_modality": None}
    assert card_of().cost(parse_usage(usage)) == Decimal("0.000042")


def test_usage_without_the_words_of_the_model_has_no_cost() -> None:
    usage = Usage(text_tokens_in=1, image_tokens_in=0, tokens_out=1120)
    assert card_of().cost(usage) is None


@pytest.mark.parametrize("model", [MODEL, FLASH, LITE, PRO])
def test_an_estimate_is_above_what_a_call_of_its_size_costs(model: str) -> None:
    card = card_of(model)
    tiers = {PIXELS["1:1"][tier]: tokens for tier, tokens in TOKENS[model].items()}
    for (width, height), tokens in tiers.items():
        size = Dimensions(width, height)
        estimate = card.estimate(GenerateRequest(prompt="a hill", model=model, size=size))
        cost = card.cost(parse_usage(counts(3, 0, tokens, 20, 1600)))
        assert cost is not None
        assert estimate is not None
        assert cost < estimate < 3 * cost


def test_input_images_and_the_turns_that_google_keeps_make_an_estimate_higher() -> None:
    card, plain = card_of(), GenerateRequest(prompt="a hill", model=MODEL)
    edit = EditRequest(prompt="a hill", model=MODEL, images=(small_image(),) * 2)
    turns = (ContextTurn(number=3, prompt="a hill"),)
    context = ConversationContext(turns=turns, continuation="v1_a", provider="gemini")
    kept = GenerateRequest(prompt="a hill", model=MODEL, context=context)
    estimates = [card.estimate(each) for each in (plain, edit, kept)]
    assert None not in estimates
    base, edited, continued = (each for each in estimates if each is not None)
    assert edited - base == 2 * 1120 * Decimal("1.5") / 1_000_000
    assert continued - base > 3 * 2144 * Decimal("1.5") / 1_000_000


def test_a_size_that_the_model_chooses_is_estimated_as_the_tier_that_is_sent() -> None:
    card = card_of()
    chosen = card.estimate(GenerateRequest(prompt="a hill", model=MODEL, size=None))
    assert chosen == card.estimate(GenerateRequest(prompt="a hill", model=MODEL))
    odd = GenerateRequest(prompt="a hill", model=MODEL, size=Dimensions(1000, 1000))
    assert card.estimate(odd) is None


def test_every_size_of_the_api_is_known_by_its_pixels() -> None:
    assert {size: tuple(shape) for size, shape in shapes().items()} == {
        Dimensions(*pixels): (aspect, tier)
        for aspect, tiers in PIXELS.items()
        for tier, pixels in tiers.items()
    }


@pytest.mark.parametrize(
    ("wish", "shape"),
    [
        ("1024x1024", ("1:1", "1K")),
        ("1536x1024", ("3:2", "1K")),
        ("1024x1536", ("2:3", "1K")),
        ("1920x1080", ("16:9", "2K")),
        ("3840x2160", ("16:9", "4K")),
        ("2048x2048", ("1:1", "2K")),
        ("512x512", ("1:1", "512")),
        ("600x600", ("1:1", "1K")),
        ("9000x9000", ("1:1", "4K")),
        ("3000x1000", ("21:9", "2K")),
        ("800x100", ("8:1", "1K")),
    ],
)
def test_pixels_become_the_nearest_shape_and_the_tier_with_about_as_many(
    wish: str, shape: tuple[str, str]
) -> None:
    assert shape_of(Dimensions.parse(wish)) == Shape(*shape)


@pytest.mark.parametrize(
    ("model", "wish", "size"),
    [
        (MODEL, "1536x1024", "1264x848"),
        (LITE, "3840x2160", "1376x768"),
        (PRO, "4096x1024", "3168x1344"),
        (FLASH, "512x512", "512x512"),
        (MODEL, "512x512", "1024x1024"),
    ],
)
def test_the_answer_says_which_size_a_model_got_instead(model: str, wish: str, size: str) -> None:
    card = card_of(model)
    request = GenerateRequest(prompt="a hill", model=model, size=Dimensions.parse(wish))
    assert str(card.sized(request).size) == size
    notes = card.size_notes(request)
    expected = () if wish == size else (f"size {wish} → {size}, the nearest that {model} has.",)
    assert notes == expected


@pytest.mark.parametrize(
    ("words", "size"),
    [
        ("16:9", "1376x768"),
        ("4k", "5504x3072"),
        ("2k", "2752x1536"),
        ("landscape", "1264x848"),
        ("21:9", "1584x672"),
    ],
)
def test_sizes_in_words_become_sizes_of_the_model(words: str, size: str) -> None:
    spelled = SizeInWords.parse(words)
    request = GenerateRequest(prompt="a hill", model=MODEL, size=None, size_in_words=spelled)
    assert str(card_of().sized(request).size) == size


@pytest.mark.parametrize(
    ("retired", "successor", "on"),
    [
        ("gemini-2.5-flash-image", MODEL, "2026-10-02"),
        ("gemini-3.1-flash-image-preview", MODEL, "2026-06-25"),
        ("gemini-3-pro-image-preview", PRO, "2026-06-25"),
        ("nano-banana-pro-preview", PRO, "2026-06-25"),
        ("imagen-4.0-fast-generate-001", MODEL, "2026-08-17"),
    ],
)
def test_a_retired_model_is_served_by_its_successor(retired: str, successor: str, on: str) -> None:
    selection = gemini_catalog().choose(retired, TODAY)
    assert selection.model == successor
    assert selection.notes == (f"{retired} retired on {on}; {successor} is used instead.",)


def test_prices_have_a_date_and_every_running_model_has_one() -> None:
    for card in gemini_catalog().cards:
        if card.is_retired(TODAY):
            continue
        assert isinstance(card.pricing, ThoughtPricing)
        assert date(2026, 9, 1) <= card.pricing.as_of <= TODAY


def test_an_image_whose_tokens_count_as_words_has_an_unknown_cost() -> None:
    kinds = [{"modality": "text", "tokens": 1120}]
    image = {"type": "image", "data": b64encode(PNG.data).decode()}
    value = {
        "id": "v1_x",
        "status": "completed",
        "steps": [{"type": "model_output", "content": [image]}],
        "usage": {**counts(28, 0, 1120, 0, 0), "output_tokens_by_modality": kinds},
    }
    endpoint = GeminiEndpoint("https://localhost")
    made = delivered(Interaction(value), card_of(), endpoint, stored=True)
    assert (made.usage, made.notes) == (None, (NO_COUNTS,))
