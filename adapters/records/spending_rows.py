"""Rows of the records as amounts of money."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from adapters.records.row_mapping import to_decimal, usage_of
from adapters.records.schema import jobs
from domain.errors import ChargeStatus
from domain.jobs import JobState
from domain.money.budgets import SpendingEntry
from domain.money.usage_account import Savings, UsageAccount
from domain.results import NO_TOKENS

SPENDING_COLUMNS = tuple(
    jobs.c[name]
    for name in ("created_at", "state", "charged", "requested_images", "cost_usd", "estimate_usd")
)
"""What `spending_of` wants to know, in its order: by position, for a day may have thousands."""


def to_spending(
    created_at: datetime,
    state: str,
    charged: str,
    requested_images: int,
    cost_usd: str | None,
    estimate_usd: str | None,
) -> SpendingEntry | None:
    """What the job takes of the limits."""
    return SpendingEntry.of(
        at=created_at.replace(tzinfo=UTC),
        state=JobState(state),
        charged=ChargeStatus(charged),
        images=requested_images,
        cost=to_decimal(cost_usd),
        estimate=to_decimal(estimate_usd),
    )


def to_account(row: Row[Any]) -> UsageAccount | None:
    """The account of one job, if it took anything."""
    if to_spending(*(getattr(row, column.key) for column in SPENDING_COLUMNS)) is None:
        return None
    cost, estimate = to_decimal(row.cost_usd), to_decimal(row.estimate_usd)
    nothing = Decimal(0)
    return UsageAccount(
        day=row.created_at.date(),
        model=row.model,
        calls=1,
        images=_image_count(row),
        usage=usage_of(row) or NO_TOKENS,
        cost=nothing if cost is None else cost,
        unknown=int(cost is None),
        estimated=(estimate or nothing) if cost is None else nothing,
    )


def to_savings(row: Row[Any]) -> Savings:
    """What a row of `savings` says."""
    return Savings(answers=row.answers, usd=Decimal(row.saved_usd))


def _image_count(row: Row[Any]) -> int:
    """Earlier versions did not write down how many came: then those that were asked for."""
    return (row.delivered_images or row.requested_images) if row.state == JobState.STORED else 0
