"""The cost of a call is estimated before it is sent: on the high side, or not at all."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.openai.catalog import openai_catalog
from adapters.sketch.provider import CATALOG as SKETCHES
from domain.image_formats import Dimensions
from domain.models import ModelCard
from domain.money.prices import TokenPricing
from domain.requests import EditRequest, GenerateRequest, Quality
from tests.testkit.fakes import PNG, mask

FLARE = "gpt-image-2.6-flare"


def card(name: str = FLARE) -> ModelCard:
    found = openai_catalog().find(name)
    assert found is not None
    return found


def request_for(
    size: str | None = "1024x1024",
    quality: str = "high",
    **more: Any,  # noqa: ANN401 - fields of a request
) -> GenerateRequest:
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
def test_an_estimate_is_slightly_above_the_measured_cost(
    model: str, size: str, quality: str, tokens: int
) -> None:
    pricing = card(model).pricing
    assert isinstance(pricing, TokenPricing)
    measured = tokens * pricing.out / 1_000_000
    estimated = cost(request_for(size, quality), of=model)
    assert measured < estimated < measured * Decimal("1.4") + Decimal("0.001")


def test_more_of_anything_costs_more() -> None:
    plain = cost(request_for())
    edit = EditRequest(prompt="a red bridge", quality=Quality.HIGH, images=(PNG,))
    masked = EditRequest(prompt="a red bridge", quality=Quality.HIGH, images=(PNG,), mask=mask())
    assert cost(request_for(n=3)) == 3 * plain
    assert cost(request_for(partial_images=2)) - plain == Decimal("0.006")
    assert cost(edit) - plain == 1536 * Decimal(8) / 1_000_000
    assert cost(masked) - plain == 2 * 1536 * Decimal(8) / 1_000_000
    assert cost(GenerateRequest(prompt="é" * 1000, quality=Quality.HIGH)) > plain


def test_the_most_expensive_size_is_assumed_where_the_model_chooses() -> None:
    assert cost(request_for(None), of="gpt-image-1.5") == cost(
        request_for("1024x1536"), of="gpt-image-1.5"
    )


@pytest.mark.parametrize("name", ["gpt-image-9", "chatgpt-image-latest"])
def test_a_model_without_a_price_has_no_estimate(name: str) -> None:
    unknown = openai_catalog().find(name) or ModelCard(name=name, is_known=False)
    assert unknown.estimate(request_for()) is None


def test_sketches_are_free() -> None:
    assert SKETCHES.cards[0].estimate(request_for()) == 0
