"""A model card takes any pricing; a model without one has no known cost."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.models import ModelCard
from domain.money.prices import FreePricing, Pricing, TokenPricing
from domain.requests import GenerateRequest, ImageRequest
from domain.results import NO_TOKENS, Usage

TODAY = date(2026, 11, 24)
REQUEST = GenerateRequest(prompt="x", n=2)


@dataclass(frozen=True)
class FlatPricing:
    """A Pricing of ten cents an image, as some providers have it."""

    def cost(self, _usage: Usage | None, /) -> Decimal | None:
        return None

    def estimate(self, request: ImageRequest, /) -> Decimal:
        return Decimal("0.1") * request.n


def test_a_free_model_costs_nothing_whether_its_tokens_were_counted_or_not() -> None:
    free: Pricing = FreePricing(as_of=TODAY)
    assert [free.cost(None), free.cost(NO_TOKENS), free.estimate(REQUEST)] == [0, 0, 0]


def test_token_pricing_knows_no_cost_without_a_count_and_no_estimate_without_a_table() -> None:
    rates: Pricing = TokenPricing(
        text_in=Decimal(5), image_in=Decimal(8), out=Decimal(30), as_of=TODAY
    )
    assert rates.cost(None) is None
    assert rates.estimate(REQUEST) is None
    assert rates.cost(Usage(text_tokens_in=0, image_tokens_in=0, tokens_out=1000)) == Decimal(
        "0.03"
    )


def test_a_card_without_a_pricing_has_neither_cost_nor_estimate() -> None:
    card = ModelCard(name="x")
    assert card.cost(NO_TOKENS) is None
    assert card.estimate(REQUEST) is None


def test_a_card_estimates_by_its_own_pricing() -> None:
    card = ModelCard(name="x", pricing=FlatPricing())
    assert card.estimate(REQUEST) == Decimal("0.2")
