"""Savings of equal requests are added up in memory and written to the ledger."""

from dataclasses import replace
from decimal import Decimal

import pytest

from application.savings_counter import SavingsCounter
from domain.errors import ArchiveUnavailable, Canceled
from domain.events import Failed, Finished, JobStarted
from domain.money.usage_account import Savings
from domain.money.usage_breakdown import ReuseKey
from tests.testkit.events import COST, cached, generated, images, job, publish_all
from tests.testkit.fakes import FrozenClock, MemoryUsageLedger

pytestmark = pytest.mark.anyio

TODAY = FrozenClock().now().date()


async def booked(savings: SavingsCounter, ledger: MemoryUsageLedger) -> Savings:
    await savings.flush()
    return ledger.saved.get((TODAY, "fake-1"), Savings())


async def test_cached_results_and_joined_jobs_save_what_the_first_call_cost() -> None:
    ledger = MemoryUsageLedger()
    savings = SavingsCounter(lambda: ledger, FrozenClock())
    one = job("job_1")
    publish_all(savings, [*generated(one), *cached(one, "disk"), *cached(one, "memory")])
    savings.publish(Finished(job_id="job_2", result=images(one), joined_callers=3))
    assert ledger.saved == {}  # nothing waits for it
    assert await booked(savings, ledger) == Savings(results=5, usd=5 * COST)
    assert await booked(savings, ledger) == Savings(results=5, usd=5 * COST)


async def test_savings_are_counted_for_the_client_that_started_the_job() -> None:
    ledger = MemoryUsageLedger()
    savings = SavingsCounter(lambda: ledger, FrozenClock())
    one = replace(job("job_1"), owner="other", client="claude-ai")
    publish_all(savings, [*generated(one), *cached(one, "disk"), *cached(one, "disk")])
    publish_all(savings, [JobStarted.of(one), Failed.of(one.id, Canceled("x"))])
    savings.publish(Finished(job_id=one.id, result=images(one), joined_callers=1))
    await savings.flush()
    now = FrozenClock().now().astimezone()
    origin = ReuseKey("fake-1", "other", "claude-ai", "generate")
    assert ledger.reused == {
        (now.date(), now.hour, origin): Savings(results=2, usd=2 * COST),
        (now.date(), now.hour, ReuseKey("fake-1")): Savings(results=1, usd=COST),
    }


async def test_a_result_of_unknown_cost_is_counted_and_saves_no_known_amount() -> None:
    ledger = MemoryUsageLedger()
    savings = SavingsCounter(lambda: ledger, FrozenClock())
    known = images(job("job_1"), "disk", generation_cost=None)
    savings.publish(Finished(job_id="job_1", result=known))
    assert await booked(savings, ledger) == Savings(results=1, usd=Decimal(0))


async def test_savings_that_the_ledger_rejects_are_written_next_time() -> None:
    class Reluctant(MemoryUsageLedger):
        refuses = True

        async def credit(self, *saved: object) -> None:
            if self.refuses:
                raise ArchiveUnavailable("The disk is full.")
            await super().credit(*saved)  # type: ignore[arg-type] # as it was passed

    ledger = Reluctant()
    savings = SavingsCounter(lambda: ledger, FrozenClock())
    publish_all(savings, cached(job("job_1"), "disk"))
    with pytest.raises(ArchiveUnavailable):
        await savings.flush()
    publish_all(savings, cached(job("job_2"), "disk"))
    ledger.refuses = False
    assert await booked(savings, ledger) == Savings(results=2, usd=2 * COST)
