"""When there is room again, and in what words somebody hears of it."""

from datetime import timedelta
from decimal import Decimal
from time import perf_counter

import pytest

from domain.money.budget_errors import BudgetExhausted
from domain.money.budget_policy import check_budget
from domain.money.budgets import BudgetLimits, SpendingEntry
from domain.requests import GenerateRequest
from tests.testkit.fakes import FrozenClock, job_for

NOW = FrozenClock().now()
TEN = BudgetLimits(day_usd=Decimal(10))


def took(hours_ago: float, usd: str | None, pictures: int = 1) -> SpendingEntry:
    at = NOW - timedelta(hours=hours_ago)
    return SpendingEntry(at=at, usd=None if usd is None else Decimal(usd), images=pictures)


def refused(
    limits: BudgetLimits, *spent: SpendingEntry, usd: str = "4", n: int = 1
) -> BudgetExhausted:
    job = job_for(GenerateRequest(prompt="x", model="fake-1", n=n), estimate=Decimal(usd))
    with pytest.raises(BudgetExhausted) as caught:
        check_budget(job, limits, spent, NOW)
    return caught.value


def test_there_is_room_when_enough_of_the_oldest_has_left_the_window() -> None:
    error = refused(TEN, took(1, "5"), took(23, "1"), took(10, "3"))
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
    assert error.hint == "Retry after 2026-11-23T02:00:00+00:00."


def test_of_many_jobs_it_is_found_quickly() -> None:
    day = [took(number / 1000, "0.001") for number in range(20_000)]
    began = perf_counter()
    error = refused(TEN, *day)
    assert perf_counter() - began < 2  # 0.1 s; looking at all of them for each would take minutes
    assert error.details()["resets_at"] == (NOW + timedelta(hours=18)).isoformat()


@pytest.mark.parametrize(
    ("ahead", "taken"),
    [(0.1, "9"), (23.99, "9"), (24.0, "0"), (24 * 365 * 11, "0")],
    ids=["a little", "nearly a day", "a day", "in 2038"],
)
def test_what_a_clock_dated_ahead_counts_for_one_span(ahead: float, taken: str) -> None:
    (window,) = TEN.rolling_limits()
    assert window.status([took(-ahead, "9")], NOW).spent == Decimal(taken)


def test_what_a_clock_dated_far_ahead_hides_nothing_of_what_was_spent_since() -> None:
    error = refused(TEN, took(-24 * 365 * 11, "9"), took(-24 * 365 * 11, None), took(1, "7"))
    assert error.details()["spent"] == 7.0
    assert error.details()["resets_at"] == (NOW + timedelta(hours=23)).isoformat()


def test_a_clock_that_is_put_back_a_little_frees_nothing_too_early() -> None:
    error = refused(TEN, took(-2, "9"))
    assert error.details()["resets_at"] == (NOW + timedelta(hours=26)).isoformat()


def test_a_clock_that_goes_ahead_a_little_takes_nothing_out_of_the_window() -> None:
    refused(TEN, took(2, "9"))


def test_pictures_that_a_clock_dated_ahead_count_for_an_hour() -> None:
    limits = BudgetLimits(images_hour=4)
    refused(limits, took(-0.9, "0", 4))
    check_budget(job_for(estimate=Decimal(0)), limits, [took(-1, "0", 4)], NOW)


def test_pictures_have_an_hour_of_their_own() -> None:
    error = refused(BudgetLimits(images_hour=4), took(0.5, "0", 3), took(2, "0", 9), n=2)
    assert error.details()["resets_at"] == (NOW + timedelta(minutes=30)).isoformat()
    assert "3 images are used, and this call requests 2 images" in error.message


def test_what_nobody_knows_the_cost_of_fills_the_window_until_it_has_left() -> None:
    error = refused(TEN, took(20, None), took(22, "1"))
    assert "the cost of 1 call is unknown" in error.message
    assert error.details()["resets_at"] == (NOW + timedelta(hours=4)).isoformat()


def test_more_than_the_whole_limit_never_has_room() -> None:
    error = refused(TEN, usd="11")
    assert not error.retryable
    assert error.retry_after is None
    assert "resets_at" not in error.details()


def test_a_limit_can_be_used_up_to_the_last_cent() -> None:
    check_budget(job_for(estimate=Decimal(4)), TEN, [took(1, "6")], NOW)


def test_a_free_call_has_room_where_nothing_may_be_spent() -> None:
    check_budget(job_for(estimate=Decimal(0)), BudgetLimits(day_usd=Decimal(0)), [], NOW)


def test_a_standing_says_what_is_left_and_when_all_of_it_is_free() -> None:
    (window,) = TEN.rolling_limits()
    standing = window.status([took(1, "6"), took(30, "9"), took(2, None)], NOW)
    assert (standing.spent, standing.left, standing.unknown) == (Decimal(6), Decimal(4), 1)
    assert standing.fully_available_at == NOW + timedelta(hours=23)
    overdrawn = window.status([took(1, "16")], NOW)
    assert overdrawn.left == 0
