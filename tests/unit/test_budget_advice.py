"""What a refusal by a budget advises: the nearest request that fits, or when something fits."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from adapters.openai.catalog import openai_catalog
from application.budget_advice import BudgetAdvice
from application.cost_estimates import CostEstimates
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.money.alternatives import alternatives
from domain.money.budgets import BudgetLimits
from domain.money.spending import SpendingEntry
from domain.requests import GenerateRequest, ImageRequest, Quality
from tests.testkit.fakes import FrozenClock, MemoryUsageLedger, job_for

pytestmark = pytest.mark.anyio
CLOCK = FrozenClock()
NOW = CLOCK.now()
CATALOG = openai_catalog()
ESTIMATES = CostEstimates(MemoryUsageLedger(), CLOCK)
HIGH = GenerateRequest(prompt="a red bridge", model=CATALOG.default, quality=Quality.HIGH)
LOW = replace(HIGH, quality=Quality.LOW)
"""About 2.9 cents; HIGH is about 5.9 cents."""


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """NOW is 13:00 there."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def spent(hours_ago: float, usd: str | None, images: int = 1) -> SpendingEntry:
    at = NOW - timedelta(hours=hours_ago)
    return SpendingEntry(at=at, usd=None if usd is None else Decimal(usd), images=images)


async def advice_on(
    request: ImageRequest,
    limits: BudgetLimits,
    *spending: SpendingEntry,
    catalog: Catalog = CATALOG,
) -> str:
    card = catalog.choose(request.model, NOW.date()).card
    (job,) = await ESTIMATES.estimate([job_for(request, card=card)])
    return await BudgetAdvice(ESTIMATES, limits).advise(job, catalog, spending, NOW)


def day(usd: str) -> BudgetLimits:
    return BudgetLimits(day_usd=Decimal(usd))


def call(usd: str) -> BudgetLimits:
    return BudgetLimits(call_usd=Decimal(usd))


@pytest.mark.parametrize(
    ("request_", "limits", "advice"),
    [
        (
            HIGH,
            call("0.05"),
            "These fit now: size 1024x1536 (about $0.046), quality low (about $0.029).",
        ),
        (replace(LOW, n=3), call("0.06"), "This fits now: n 2 (about $0.058)."),
        (
            replace(LOW, partial_images=3),
            call("0.03"),
            "This fits now: no partialImages (about $0.029).",
        ),
        (
            replace(HIGH, n=4),
            call("0.03"),
            "This fits now: quality low and n 1 (about $0.029).",
        ),
        (
            replace(LOW, n=3),
            BudgetLimits(images_hour=2),
            "This fits now: n 2 (about $0.058).",
        ),
    ],
)
async def test_the_nearest_requests_are_named_with_their_costs(
    request_: ImageRequest, limits: BudgetLimits, advice: str
) -> None:
    assert await advice_on(request_, limits) == advice


async def test_a_cheaper_model_is_named_where_no_option_helps() -> None:
    advice = await advice_on(LOW, call("0.01"))
    assert advice == (
        "These fit now: model gpt-image-2 (about $0.008), model gpt-image-1-mini (about $0.003)."
    )
    unknown = await advice_on(replace(LOW, model="chatgpt-image-latest"), day("0.03"))
    assert unknown.startswith("These fit now: model gpt-image-2.6-flare (about $0.029), model ")


async def test_a_retired_model_is_never_named() -> None:
    assert "gpt-image-1 " not in await advice_on(LOW, call("0.01"))
    assert "dall-e" not in await advice_on(LOW, BudgetLimits(images_hour=0))


async def test_what_fits_now_comes_with_the_time_at_which_the_call_fits() -> None:
    advice = await advice_on(HIGH, day("0.10"), spent(23, "0.03"), spent(20, "0.03"))
    assert advice.startswith("This fits now: quality low (about $0.029). ")
    assert advice.endswith("As it is, the call fits from 14:00 on, in 1 h.")


async def test_a_time_is_local_and_the_next_full_minute() -> None:
    catalog = replace(CATALOG, cards=tuple(filter(is_default, CATALOG.cards)))
    advice = await advice_on(LOW, day("0.03"), spent(21.995, "0.03"), catalog=catalog)
    assert advice == "Nothing smaller fits now. The call fits from 15:01 on, in 2 h 1 min."
    advice = await advice_on(LOW, day("0.03"), spent(1, "0.03"), catalog=catalog)
    assert advice.endswith("The call fits from tomorrow 12:00 on, in 23 h.")


async def test_a_call_that_never_fits_gets_the_time_of_the_cheapest_one_that_will() -> None:
    catalog = replace(CATALOG, cards=tuple(filter(is_default, CATALOG.cards)))
    advice = await advice_on(HIGH, day("0.05"), spent(22, "0.05"), catalog=catalog)
    assert advice == (
        "Nothing fits now; quality low and size 1024x1536 (about $0.023) fits from 15:00 on, "
        "in 2 h."
    )


@pytest.mark.parametrize(
    ("limits", "advice"),
    [
        (day("0"), "set BUDGET_DAY_USD to 0.059 or more"),
        (call("0"), "set BUDGET_CALL_USD to 0.059 or more"),
        (BudgetLimits(images_hour=0), "set BUDGET_IMAGES_HOUR to 1 or more"),
        (
            BudgetLimits(day_usd=Decimal(0), images_hour=0),
            "set BUDGET_DAY_USD to 0.059 or more and set BUDGET_IMAGES_HOUR to 1 or more",
        ),
    ],
)
async def test_where_nothing_ever_fits_the_settings_are_named(
    limits: BudgetLimits, advice: str
) -> None:
    assert await advice_on(HIGH, limits) == (
        f"No smaller request fits. To allow this call, {advice}."
    )


async def test_an_unknown_cost_of_another_call_is_waited_for() -> None:
    advice = await advice_on(HIGH, day("5"), spent(2, None))
    assert advice == "Nothing smaller fits now. The call fits from tomorrow 11:00 on, in 22 h."


async def test_a_model_of_unknown_cost_without_any_other_needs_the_limit_unset() -> None:
    alone = Catalog(cards=(ModelCard(name="x"),), default="x")
    advice = await advice_on(replace(HIGH, model="x"), day("5"), catalog=alone)
    assert advice == "No smaller request fits. To allow this call, unset BUDGET_DAY_USD."


def test_no_alternative_asks_for_more_or_for_what_a_model_lacks() -> None:
    request = replace(HIGH, n=2, partial_images=1, model="gpt-image-1.5")
    card = CATALOG.choose(request.model, NOW.date()).card
    job: Job[ImageRequest] = job_for(request, card=card)
    found = [each for stage in alternatives(job, CATALOG, NOW.date()) for each in stage]
    assert found
    for each in found:
        other = each.job.request
        assert each.job.card.unsupported_option(other) is None
        assert (other.n, other.partial_images) <= (2, 1)
        assert other != request
    assert len({each.job.request for each in found}) == len(found)


def is_default(card: ModelCard) -> bool:
    return card.name == CATALOG.default
