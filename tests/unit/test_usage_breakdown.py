"""Usage is grouped without loss; durations, shares and costs by image are told where known."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.money.usage_account import Savings
from domain.money.usage_breakdown import (
    UNKNOWN,
    Dimension,
    JobUsage,
    Reuse,
    ReuseKey,
    break_down,
    unattributed,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = NOON.date()


def used(**facts: Any) -> JobUsage:  # noqa: ANN401 - fields of JobUsage
    """A stored job of a minute for a dollar."""
    usual = {"at": NOON, "model": "m", "owner": "local", "client": "c", "action": "edit"}
    usual |= {"outcome": "stored", "seconds": 60.0, "is_billed": True, "images": 1}
    return JobUsage(**{**usual, "cost": Decimal(1), **facts})


def reused(results: int, **origin: str) -> Reuse:
    saved = Savings(results=results, usd=Decimal(results))
    return Reuse(day=DAY, hour=12, key=ReuseKey(model="m", **origin), saved=saved)


def test_the_median_and_the_95th_percentile_are_those_of_stored_jobs() -> None:
    jobs = [used(seconds=float(number)) for number in range(1, 101)]
    jobs.append(used(outcome="unknown", seconds=None))
    total = break_down(Dimension.DAY, reversed(jobs), []).total
    assert (total.jobs, total.stored) == (101, 100)
    assert (total.median_seconds, total.p95_seconds) == (50.5, 95.0)
    (group,) = break_down(Dimension.DAY, [used(seconds=7.0)], []).groups
    assert (group.median_seconds, group.p95_seconds) == (7.0, 7.0)


def test_what_no_job_tells_is_none() -> None:
    failed = used(outcome="failed: rate_limited", seconds=None, is_billed=False)
    total = break_down(Dimension.DAY, [failed], []).total
    assert (total.jobs, total.calls, total.images, total.cost) == (1, 0, 0, Decimal(0))
    assert total.median_seconds is total.p95_seconds is total.cache_share is None
    assert total.cost_per_image is None


def test_the_share_of_the_cache_is_that_of_results() -> None:
    total = break_down(Dimension.DAY, [used(), used()], [reused(6)]).total
    assert total.cache_share == 0.75
    assert total.cost_per_image == Decimal(1)


def test_an_image_costs_what_calls_of_known_cost_cost() -> None:
    failed = used(outcome="failed: bad_provider_reply", seconds=None, images=0)
    jobs = [used(images=4), failed, used(cost=None, estimate=Decimal("0.5"))]
    total = break_down(Dimension.DAY, jobs, []).total
    assert (total.cost, total.unknown, total.estimated) == (Decimal(2), 1, Decimal("0.5"))
    assert (total.images, total.cost_per_image) == (5, Decimal("0.5"))
    assert break_down(Dimension.DAY, jobs[-1:], []).total.cost_per_image is None


def test_the_newest_day_and_the_most_expensive_client_come_first() -> None:
    jobs = [
        used(at=NOON - timedelta(days=1)),
        used(client="", cost=Decimal(9)),
        used(client="b", cost=None, estimate=Decimal(10)),
    ]
    days = break_down(Dimension.DAY, jobs, [Reuse(day=DAY, key=ReuseKey("m"), saved=Savings())])
    assert [group.name for group in days.groups] == ["2026-11-22", "2026-11-21"]
    clients = break_down(Dimension.CLIENT, jobs, [])
    assert [group.name for group in clients.groups] == ["b", UNKNOWN, "c"]
    hours = break_down(Dimension.HOUR, jobs, [Reuse(day=DAY, key=ReuseKey("m"), saved=Savings())])
    assert [group.name for group in hours.groups] == [
        *("2026-11-22 12:00", "2026-11-21 12:00"),
        UNKNOWN,
    ]


def test_savings_of_unknown_origin_are_kept() -> None:
    """Earlier versions recorded them by day and model only."""
    totals = {
        (DAY, "m"): Savings(results=5, usd=Decimal(7)),
        (date(2026, 11, 21), "m"): Savings(results=1, usd=Decimal(1)),
    }
    details = [reused(2, owner="local", client="c"), reused(1, owner="other")]
    reuses = unattributed(totals, details)
    clients = break_down(Dimension.CLIENT, [], reuses).groups
    assert {group.name: group.saved for group in clients} == {
        "c": Savings(results=2, usd=Decimal(2)),
        UNKNOWN: Savings(results=4, usd=Decimal(6)),
    }
    assert (
        unattributed({(DAY, "m"): Savings(results=2, usd=Decimal(2))}, details[:1]) == details[:1]
    )


@pytest.mark.parametrize("by", Dimension)
def test_no_job_is_lost_in_any_dimension(by: Dimension) -> None:
    jobs = [used(), used(model="n", owner="o", client="", action="generate", outcome="unknown")]
    breakdown = break_down(by, jobs, [reused(3)])
    assert sum(group.jobs for group in breakdown.groups) == breakdown.total.jobs == 2
    assert sum(group.cost for group in breakdown.groups) == breakdown.total.cost == 2
    assert sum(group.saved.results for group in breakdown.groups) == 3
