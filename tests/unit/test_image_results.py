"""The cost of a result, in text and in structured form."""

from decimal import Decimal

import pytest
from msgspec import UNSET

from adapters.job_events.memory import MemoryJobEvents
from application.jobs.job_snapshot import snapshot
from application.jobs.running_job import RunningJob
from domain.events import JobDispatched
from domain.job_records import JobRecord
from domain.money.day_spending import DaySpending
from entrypoints.wire.image_results import (
    pending_report,
    pending_text,
    structured_report,
    text_report,
)
from tests.testkit.events import images, job

DAY = DaySpending(Decimal("1.2"), Decimal(5))


@pytest.mark.parametrize(
    ("served_from", "cost", "text", "charged", "saved"),
    [
        ("provider", "0.0325", "$0.033.", 0.0325, UNSET),
        ("provider", "1.255", "$1.26.", 1.255, UNSET),
        ("provider", "0.00001", "under $0.001.", 0.00001, UNSET),
        ("provider", None, "unknown.", UNSET, UNSET),
        ("archive", "0.0325", "$0.033, when it was generated.", 0.0325, UNSET),
        ("joined", "0.0325", "nothing; shared with an equal request, saved $0.033.", 0.0, 0.0325),
        ("memory", "0.0325", "nothing; from the cache, saved $0.033.", 0.0, 0.0325),
        ("disk", None, "nothing; from the cache.", 0.0, UNSET),
        ("redis", "0.0325", "nothing; from the cache, saved $0.033.", 0.0, 0.0325),
        ("disk", "0", "nothing; from the cache.", 0.0, 0.0),
    ],
)
def test_a_result_ends_with_its_cost_and_savings(
    served_from: str, cost: str | None, text: str, charged: object, saved: object
) -> None:
    known = None if cost is None else Decimal(cost)
    result_of_job = images(job("job_1"), served_from, generation_cost=known)
    result = structured_report(result_of_job)
    assert text_report("Done.", result_of_job, result).endswith(f"\nCost: {text}")
    assert (result.cost_usd, result.saved_usd) == (charged, saved)
    assert (result.estimated_usd, result.day_spent_usd) == (UNSET, UNSET)


def test_an_unknown_cost_is_estimated_and_says_so() -> None:
    unknown = images(job("job_1"), generation_cost=None, estimate=Decimal("0.04201"))
    result = structured_report(unknown)
    assert text_report("Done.", unknown, result).endswith("\nCost: ≈ $0.043 (estimated).")
    assert (result.cost_usd, result.estimated_usd) == (UNSET, 0.04201)


def test_with_a_limit_for_a_day_its_spending_is_told() -> None:
    paid = images(job("job_1"), day_spending=DAY)
    result = structured_report(paid)
    assert text_report("Done.", paid, result).endswith(
        "\nCost: $0.033. $1.20 of $5.00 in the last 24 hours."
    )
    assert (result.day_spent_usd, result.day_budget_usd) == (1.2, 5.0)
    unknown = images(job("job_1"), generation_cost=None, day_spending=DAY._replace(unknown=2))
    assert text_report("Done.", unknown, result).endswith(
        "\nCost: unknown. $1.20 of $5.00 in the last 24 hours, and 2 of unknown cost."
    )


def test_a_sketch_has_no_line_about_its_cost() -> None:
    sketch = images(job("job_1"), generation_cost=Decimal(0), day_spending=DAY)
    result = structured_report(sketch)
    text = text_report("Done.", sketch, result)
    assert "Cost:" not in text
    assert "Model fake-1 · free · job_1" in text
    assert result.cost_usd == 0.0


def test_a_running_job_tells_its_estimated_cost() -> None:
    running = running_job(estimate=Decimal("0.0421"))
    assert pending_text(running).startswith("Still running: job_1 (about $0.043). The image ")
    assert pending_report(running).estimated_usd == 0.0421
    unknown = running_job(estimate=None)
    assert pending_text(unknown).startswith("Still running: job_1. The image ")
    assert pending_report(unknown).estimated_usd is UNSET


def running_job(estimate: Decimal | None) -> JobRecord:
    """A job that is running."""
    started = RunningJob(job("job_1"), MemoryJobEvents().open("job_1"))
    started.append(JobDispatched(job_id="job_1", estimate=estimate))
    return snapshot(started)
