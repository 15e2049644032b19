"""When a spending limit allows a call again, and the error until then."""

from datetime import timedelta
from decimal import Decimal
from time import perf_counter

import pytest

from domain.money.budget_errors import BudgetExhausted
from domain.money.budget_policy import check_budget
from domain.money.budgets import BudgetLimits
from domain.money.spending import SpendingEntries, SpendingEntry, SpendingTotal
from domain.requests import GenerateRequest
from tests.testkit.fakes import FrozenClock, job_for

NOW = FrozenClock().now()
TEN = BudgetLimits(day_usd=Decimal(10))


def entry(hours_ago: float, usd: str | None, images: int = 1) -> SpendingEntry:
    at = NOW - timedelta(hours=hours_ago)
    return SpendingEntry(at=at, usd=None if usd is None else Decimal(usd), images=images)


def budget_error(
    limits: BudgetLimits, *spent: SpendingEntry, usd: str = "4", n: int = 1
) -> BudgetExhausted:
    job = job_for(GenerateRequest(prompt="x", model="fake-1", n=n), estimate=Decimal(usd))
    with pytest.raises(BudgetExhausted) as caught:
        check_budget(job, limits, SpendingEntries(spent), NOW)
    return caught.value


def test_a_call_is_allowed_once_enough_old_spending_left_the_window() -> None:
    error = budget_error(TEN, entry(1, "5"), entry(23, "1"), entry(10, "3"))
    assert error.details() == {
        "budget": "BUDGET_DAY_USD",
        "limit": 10.0,
        "spent": 9.0,
        "estimate": 4.0,
        "resets_at": (NOW + timedelta(hours=14)).isoformat(),
        "retry_after": 14 * 3600,
    }
    assert error.retryable
    assert error.message == (
        "BUDGET_DAY_USD allows $10.00 in 24 hours: $9.00 is used, and this call may cost $4.00."
    )
    assert error.hint == "The call fits from tomorrow 02:00 on, in 14 h."


def test_the_time_is_found_quickly_among_many_jobs() -> None:
    day = [entry(number / 1000, "0.001") for number in range(20_000)]
    start = perf_counter()
    error = budget_error(TEN, *day)
    assert perf_counter() - start < 2  # 0.1 s; comparing each with all others would take minutes
    assert error.details()["resets_at"] == (NOW + timedelta(hours=18)).isoformat()


@pytest.mark.parametrize(
    ("ahead", "counted"),
    [(0.1, "9"), (23.99, "9"), (24.0, "0"), (24 * 365 * 11, "0")],
    ids=["a little", "nearly a day", "a day", "in 2038"],
)
def test_spending_dated_in_the_future_counts_up_to_one_span_ahead(
    ahead: float, counted: str
) -> None:
    (window,) = TEN.rolling_limits()
    used = SpendingEntries([entry(-ahead, "9")]).total(*window.bounds(NOW))
    assert window.status(used).spent == Decimal(counted)


def test_spending_dated_far_ahead_does_not_hide_other_spending() -> None:
    error = budget_error(
        TEN, entry(-24 * 365 * 11, "9"), entry(-24 * 365 * 11, None), entry(1, "7")
    )
    assert error.details()["spent"] == 7.0
    assert error.details()["resets_at"] == (NOW + timedelta(hours=23)).isoformat()


def test_a_clock_set_back_a_little_frees_no_budget_early() -> None:
    error = budget_error(TEN, entry(-2, "9"))
    assert error.details()["resets_at"] == (NOW + timedelta(hours=26)).isoformat()


def test_a_clock_slightly_ahead_keeps_spending_in_the_window() -> None:
    budget_error(TEN, entry(2, "9"))


def test_images_dated_in_the_future_count_for_an_hour() -> None:
    limits = BudgetLimits(images_hour=4)
    budget_error(limits, entry(-0.9, "0", 4))
    check_budget(job_for(estimate=Decimal(0)), limits, SpendingEntries([entry(-1, "0", 4)]), NOW)


def test_images_have_their_own_hourly_limit() -> None:
    error = budget_error(BudgetLimits(images_hour=4), entry(0.5, "0", 3), entry(2, "0", 9), n=2)
    assert error.details()["resets_at"] == (NOW + timedelta(minutes=30)).isoformat()
    assert "3 images are used, and this call requests 2 images" in error.message


def test_a_call_of_unknown_cost_blocks_the_window_until_it_leaves() -> None:
    error = budget_error(TEN, entry(20, None), entry(22, "1"))
    assert "the cost of 1 call is unknown" in error.message
    assert error.details()["resets_at"] == (NOW + timedelta(hours=4)).isoformat()


def test_a_call_above_the_whole_limit_is_never_allowed() -> None:
    error = budget_error(TEN, usd="11")
    assert not error.retryable
    assert error.retry_after is None
    assert "resets_at" not in error.details()


def test_a_limit_can_be_used_to_the_last_cent() -> None:
    check_budget(job_for(estimate=Decimal(4)), TEN, SpendingEntries([entry(1, "6")]), NOW)


@pytest.mark.parametrize("spent", [[], [entry(1, "3")], [entry(1, None)]])
def test_a_free_call_is_allowed_under_any_limit_in_dollars(spent: list[SpendingEntry]) -> None:
    check_budget(
        job_for(estimate=Decimal(0)), BudgetLimits(day_usd=Decimal(0)), SpendingEntries(spent), NOW
    )


def test_the_limit_that_refuses_for_the_longest_time_is_named() -> None:
    both = BudgetLimits(day_usd=Decimal(10), images_hour=1)
    error = budget_error(both, entry(0.5, "9"))
    assert error.details()["budget"] == "BUDGET_DAY_USD"
    assert error.details()["resets_at"] == (NOW + timedelta(hours=23.5)).isoformat()
    never = budget_error(both, entry(0.5, "9"), n=2)
    assert never.details()["budget"] == "BUDGET_IMAGES_HOUR"
    assert not never.retryable


def test_a_status_has_what_is_left_and_when_all_of_it_is_available() -> None:
    (window,) = TEN.rolling_limits()
    spent = SpendingEntries([entry(1, "6"), entry(30, "9"), entry(2, None)])
    status = window.status(spent.total(*window.bounds(NOW)))
    assert (status.spent, status.left, status.unknown) == (Decimal(6), Decimal(4), 1)
    assert status.fully_available_at == NOW + timedelta(hours=23)
    overdrawn = window.status(SpendingTotal.of([entry(1, "16")]))
    assert overdrawn.left == 0
