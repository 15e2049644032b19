"""A ledger that forgets when the process ends."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

from domain.errors import ChargeStatus
from domain.jobs import Job
from domain.money.budget_policy import check_budget
from domain.money.budgets import BudgetLimits, SpendingEntry
from domain.money.usage_account import Savings, UsageAccount, sum_by_day_and_model
from domain.requests import ImageRequest
from domain.results import NO_TOKENS

from .storage import MemoryImageStore

AnyJob = Job[ImageRequest]


class MemoryUsageLedger:
    """A Ledger over the jobs of a MemoryArchive, or over its own."""

    def __init__(self, archive: MemoryImageStore | None = None) -> None:
        self.archive = archive or MemoryImageStore()
        self.saved: dict[tuple[date, str], Savings] = {}

    async def reserve(self, job: AnyJob, /, limits: BudgetLimits, *, now: datetime) -> None:
        since = limits.since(now)
        check_budget(job, limits, [] if since is None else await self.spent(since), now)
        await self.archive.record(job)

    async def release(self, job: AnyJob, /) -> None:
        await self.archive.record(job)

    async def spent(self, since: datetime, /) -> Sequence[SpendingEntry]:
        return [took for job in self._jobs() if (took := _took(job)) and took.at > since]

    async def credit(self, saved: Mapping[str, Savings], day: date, /) -> None:
        for model, more in saved.items():
            self.saved[day, model] = self.saved.get((day, model), Savings()) + more

    async def accounts(self, since: datetime, /) -> Sequence[UsageAccount]:
        jobs = [_account(job) for job in self._jobs() if _took(job) and job.created_at >= since]
        credits_ = [
            UsageAccount(day=day, model=model, saved=saved)
            for (day, model), saved in self.saved.items()
            if datetime.combine(day, time.max, UTC) >= since
        ]
        return sum_by_day_and_model([*jobs, *credits_])

    def _jobs(self) -> list[AnyJob]:
        return list({job.id: job for job in self.archive.history}.values())


def _took(job: AnyJob) -> SpendingEntry | None:
    return SpendingEntry.of(
        at=job.created_at,
        state=job.state,
        charged=job.failure.charged if job.failure else ChargeStatus.NO,
        images=job.request.n,
        cost=job.cost,
        estimate=job.estimate,
    )


def _account(job: AnyJob) -> UsageAccount:
    cost = job.cost
    return UsageAccount(
        day=job.created_at.date(),
        model=job.model,
        calls=1,
        images=len(job.images),
        usage=job.usage or NO_TOKENS,
        cost=cost or Decimal(0),
        unknown=int(cost is None),
        estimated=(cost is None and job.estimate) or Decimal(0),
    )
