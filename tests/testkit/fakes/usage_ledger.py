"""A ledger that forgets when the process ends."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

from domain.errors import Charged
from domain.jobs import Job
from domain.money.budget_policy import check
from domain.money.budgets import Limits, Spending
from domain.money.usage_account import Account, Saved, added_up
from domain.requests import PictureRequest
from domain.results import NO_TOKENS
from tests.testkit.fakes.storage import MemoryArchive

AnyJob = Job[PictureRequest]


class MemoryLedger:
    """A Ledger over the jobs of a MemoryArchive, or over its own."""

    def __init__(self, archive: MemoryArchive | None = None) -> None:
        self.archive = archive or MemoryArchive()
        self.saved: dict[tuple[date, str], Saved] = {}

    async def reserve(self, job: AnyJob, /, limits: Limits, *, now: datetime) -> None:
        since = limits.since(now)
        check(job, limits, [] if since is None else await self.spent(since), now)
        await self.archive.record(job)

    async def release(self, job: AnyJob, /) -> None:
        await self.archive.record(job)

    async def spent(self, since: datetime, /) -> Sequence[Spending]:
        return [took for job in self._jobs() if (took := _took(job)) and took.at > since]

    async def credit(self, saved: Mapping[str, Saved], day: date, /) -> None:
        for model, more in saved.items():
            self.saved[day, model] = self.saved.get((day, model), Saved()) + more

    async def accounts(self, since: datetime, /) -> Sequence[Account]:
        jobs = [_account(job) for job in self._jobs() if _took(job) and job.created_at >= since]
        credits_ = [
            Account(day=day, model=model, saved=saved)
            for (day, model), saved in self.saved.items()
            if datetime.combine(day, time.max, UTC) >= since
        ]
        return added_up([*jobs, *credits_])

    def _jobs(self) -> list[AnyJob]:
        return list({job.id: job for job in self.archive.history}.values())


def _took(job: AnyJob) -> Spending | None:
    return Spending.of(
        at=job.created_at,
        state=job.state,
        charged=job.failure.charged if job.failure else Charged.NO,
        pictures=job.request.n,
        cost=job.cost,
        estimate=job.estimate,
    )


def _account(job: AnyJob) -> Account:
    cost = job.cost
    return Account(
        day=job.created_at.date(),
        model=job.request.model or job.card.name,
        calls=1,
        pictures=len(job.pictures),
        usage=job.usage or NO_TOKENS,
        cost=cost or Decimal(0),
        unknown=int(cost is None),
        estimated=(cost is None and job.estimate) or Decimal(0),
    )
