"""Accounts that are forgotten when the process ends."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from domain.jobs import Job, JobState
from domain.money.estimates import CallKind, SeenCall, SeenCalls
from domain.money.spending import SpendingEntries, SpendingTotal
from domain.money.token_estimates import input_images
from domain.money.usage_account import Savings, UsageAccount, sum_accounts
from domain.money.usage_breakdown import (
    Dimension,
    JobUsage,
    Reuse,
    ReuseKey,
    UsageBreakdown,
    break_down,
    unattributed,
)
from domain.requests import ImageRequest
from domain.results import NO_TOKENS

from .job_repository import MemoryJobRepository
from .job_tables import Row, spending


class MemoryUsageLedger:
    """A UsageLedger over the jobs of a MemoryJobRepository."""

    def __init__(self, records: MemoryJobRepository | None = None) -> None:
        self.records = records or MemoryJobRepository()
        self.saved: dict[tuple[date, str], Savings] = {}
        self.reused: dict[tuple[date, int, ReuseKey], Savings] = {}

    async def total(self, after: datetime, before: datetime, /) -> SpendingTotal:
        return SpendingEntries(self.records.spent(after)).total(after, before)

    async def seen_calls(
        self, kinds: Collection[CallKind], /, *, since: datetime, limit: int
    ) -> SeenCalls:
        jobs = [row.job for row in self.records.tables.rows.values() if row.job.created_at > since]
        newest = sorted(jobs, key=lambda job: job.created_at, reverse=True)
        seen: dict[CallKind, list[SeenCall]] = {kind: [] for kind in kinds}
        for job in newest:
            kind = CallKind.of(job)
            if kind in seen and job.images and job.cost is not None:
                seen[kind] += [_seen(job, job.cost)]
        return {kind: calls[:limit] for kind, calls in seen.items()}

    async def credit(self, saved: Mapping[ReuseKey, Savings], at: datetime, /) -> None:
        for key, more in saved.items():
            account, origin = (at.date(), key.model), (at.date(), at.hour, key)
            self.saved[account] = self.saved.get(account, Savings()) + more
            self.reused[origin] = self.reused.get(origin, Savings()) + more

    async def accounts(self, since: datetime, /) -> Sequence[UsageAccount]:
        rows = [row for row in self.records.tables.rows.values() if spending(row.record)]
        jobs = [_account(row, since) for row in rows if row.record.created_at >= since]
        credited = [
            UsageAccount(day=day, model=model, saved=saved)
            for (day, model), saved in self.saved.items()
            if day >= since.date()
        ]
        return sum_accounts(jobs, credited)

    async def breakdown(self, since: datetime, by: Dimension, /) -> UsageBreakdown:
        rows = self.records.tables.rows.values()
        details = [
            Reuse(day=day, hour=hour, key=key, saved=saved)
            for (day, hour, key), saved in self.reused.items()
            if day >= since.date()
        ]
        totals = {key: saved for key, saved in self.saved.items() if key[0] >= since.date()}
        jobs = [_usage(row, since) for row in rows if row.record.created_at >= since]
        return break_down(by, jobs, unattributed(totals, details))


def _usage(row: Row, since: datetime) -> JobUsage:
    record = row.record
    is_stored = record.state is JobState.STORED
    failed = record.failure.code if record.failure and record.state is JobState.FAILED else None
    return JobUsage(
        at=record.created_at.astimezone(since.tzinfo),
        model=record.model,
        owner=record.owner,
        client=record.client,
        action=record.action,
        outcome=f"failed: {failed}" if failed else record.state.value,
        seconds=(row.saved_at - record.created_at).total_seconds() if is_stored else None,
        is_billed=spending(record) is not None,
        images=len(row.job.images) if is_stored else 0,
        cost=record.cost,
        estimate=record.estimate,
    )


def _seen(job: Job[ImageRequest], cost: Decimal) -> SeenCall:
    return SeenCall(
        images=len(job.images),
        cost=cost,
        usage=job.usage,
        partial_images=job.request.partial_images,
        input_images=input_images(job.request),
    )


def _account(row: Row, since: datetime) -> UsageAccount:
    record = row.record
    return UsageAccount(
        day=record.created_at.astimezone(since.tzinfo).date(),
        model=record.model,
        provider=record.provider,
        calls=1,
        images=len(row.job.images) if record.state is JobState.STORED else 0,
        usage=record.usage or NO_TOKENS,
        cost=record.cost or Decimal(0),
        unknown=int(record.cost is None),
        estimated=(record.cost is None and record.estimate) or Decimal(0),
    )
