"""What a call may cost is said before it is sent, on the high side, or not at all."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.openai.catalog import openai_catalog
from adapters.sketch.provider import CATALOG as SKETCHES
from domain.image_formats import Dimensions
from domain.models import ModelCard
from domain.money.alternatives import cheaper_alternatives
from domain.money.prices import TokenPricing
from domain.requests import EditRequest, GenerateRequest, Quality
from tests.testkit.fakes import PNG, mask

FLARE = "gpt-image-2.6-flare"


def card(name: str = FLARE) -> ModelCard:
    found = openai_catalog().find(name)
    assert found is not None
    return found


def asked(size: str | None = "1024x1024", quality: str = "high", **more: Any) -> GenerateRequest:  # noqa: ANN401 - fields of a request
    return GenerateRequest(
        prompt="a red bridge",
        size=Dimensions.parse(size) if size else None,
        quality=Quality(quality),
        **more,
    )


def cost(request: GenerateRequest | EditRequest, of: str = FLARE) -> Decimal:
    known = card(of).estimate(request)
    assert known is not None
    return known


@pytest.mark.parametrize(
    ("model", "size", "quality", "tokens"),
    [
        (FLARE, "1536x1024", "low", 664),
        (FLARE, "1536x1024", "high", 1353),
        (FLARE, "3840x2160", "high", 3337),
        (FLARE, "1024x1024", "auto", 5800),
        ("gpt-image-2", "1024x1024", "high", 7024),
        ("gpt-image-2", "1536x1024", "high", 5488),
        ("gpt-image-2", "3584x2048", "high", 12329),
        ("gpt-image-1.5", "1024x1024", "medium", 1056),
        ("gpt-image-1.5", "1024x1536", "high", 6240),
        ("gpt-image-1-mini", "1024x1024", "high", 4160),
    ],
)
def test_an_estimate_is_above_what_was_measured_and_not_by_much(
    model: str, size: str, quality: str, tokens: int
) -> None:
    pricing = card(model).pricing
    assert isinstance(pricing, TokenPricing)
    measured = tokens * pricing.out / 1_000_000
    guess = cost(asked(size, quality), of=model)
    assert measured < guess < measured * Decimal("1.4") + Decimal("0.001")


def test_more_of_anything_costs_more() -> None:
    plain = cost(asked())
    edit = EditRequest(prompt="a red bridge", quality=Quality.HIGH, images=(PNG,))
    masked = EditRequest(prompt="a red bridge", quality=Quality.HIGH, images=(PNG,), mask=mask())
    assert cost(asked(n=3)) == 3 * plain
    assert cost(asked(partial_images=2)) - plain == Decimal("0.006")
    assert cost(edit) - plain == 1536 * Decimal(8) / 1_000_000
    assert cost(masked) - plain == 2 * 1536 * Decimal(8) / 1_000_000
    assert cost(GenerateRequest(prompt="é" * 1000, quality=Quality.HIGH)) > plain


def test_where_the_model_chooses_the_most_expensive_size_is_expected() -> None:
    assert cost(asked(None), of="gpt-image-1.5") == cost(asked("1024x1536"), of="gpt-image-1.5")


@pytest.mark.parametrize("name", ["gpt-image-9", "chatgpt-image-latest"])
def test_of_a_model_without_a_price_nothing_is_said(name: str) -> None:
    unknown = openai_catalog().find(name) or ModelCard(name=name, is_known=False)
    assert unknown.estimate(asked()) is None


def test_sketches_are_expected_to_cost_nothing() -> None:
    assert SKETCHES.cards[0].estimate(asked()) == 0


def test_what_would_be_cheaper_is_named_with_its_price() -> None:
    told = cheaper_alternatives(asked(quality="auto"), card(), Decimal("0.05"))
    assert told == ["quality low (about $0.029)"]
    assert cheaper_alternatives(asked(quality="low", n=2), card(), Decimal("0.03")) == [
        "n 1 (about $0.029)"
    ]
    assert cheaper_alternatives(asked(), card(), Decimal(0)) == []
