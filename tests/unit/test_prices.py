"""A model card takes any pricing; a model without one has no known cost."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from domain.image_formats import Dimensions
from domain.models import ModelCard
from domain.money.each_image_pricing import EachImagePricing
from domain.money.prices import FreePricing, ImagePricing, PaidCall, Pricing, TokenPricing
from domain.provider_errors import OutcomeUnknown
from domain.requests import EditRequest, GenerateRequest, ImageRequest
from domain.results import NO_TOKENS, ResultImage, Usage
from tests.testkit.fakes import PNG, job_for, mask

TODAY = date(2026, 11, 24)
REQUEST = GenerateRequest(prompt="x", n=2)


@dataclass(frozen=True)
class FlatPricing:
    """A Pricing of ten cents an image, as some providers have it."""

    def cost(self, _usage: Usage | None, _call: PaidCall | None = None, /) -> Decimal | None:
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


LARGE = Dimensions(2048, 2048)
BY_IMAGE = ImagePricing(
    per_image=Decimal("0.04"),
    by_size={LARGE: Decimal("0.08")},
    per_input_image=Decimal("0.01"),
    as_of=TODAY,
)


def test_images_are_priced_by_their_number_size_and_inputs() -> None:
    edit = EditRequest(prompt="x", size=LARGE, images=(PNG, PNG), mask=mask(), n=3)
    assert BY_IMAGE.estimate(REQUEST) == Decimal("0.08")
    assert BY_IMAGE.estimate(edit) == Decimal("0.27")
    assert BY_IMAGE.estimate(replace(REQUEST, size=None)) == Decimal("0.16")


def test_what_was_delivered_is_charged_whatever_was_counted() -> None:
    assert BY_IMAGE.cost(None, PaidCall(REQUEST, 1)) == Decimal("0.04")
    assert BY_IMAGE.cost(NO_TOKENS, PaidCall(REQUEST, 2)) == Decimal("0.08")
    assert BY_IMAGE.cost(NO_TOKENS) is None
    card = ModelCard(name="x", pricing=BY_IMAGE)
    job = job_for(REQUEST, card=card).dispatched()
    assert job.stored((ResultImage(image=PNG),)).cost == Decimal("0.04")
    assert job.ended(OutcomeUnknown("Cut.")).cost is None


def test_what_the_provider_reports_comes_before_every_price() -> None:
    reported = replace(NO_TOKENS, reported_cost=Decimal("0.05"))
    for pricing in (None, BY_IMAGE, FreePricing(as_of=TODAY)):
        card = ModelCard(name="x", pricing=pricing)
        assert card.cost(reported, PaidCall(REQUEST, 2)) == Decimal("0.05")
    assert (reported + reported).reported_cost == Decimal("0.10")
    assert (reported + NO_TOKENS).reported_cost is None


def test_each_call_for_one_image_is_charged_for_its_input_images() -> None:
    edit = EditRequest(prompt="x", size=LARGE, images=(PNG, PNG), mask=mask(), n=3)
    pricing = EachImagePricing(BY_IMAGE)
    assert pricing.estimate(edit) == Decimal("0.33")
    assert pricing.cost(None, PaidCall(edit, 3)) == Decimal("0.33")
    assert pricing.cost(None, PaidCall(edit, 1)) == Decimal("0.11")
    assert pricing.cost(None, PaidCall(replace(edit, n=1), 1)) == Decimal("0.11")
