"""Rows of the records as amounts of money."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from adapters.records.row_mapping import amount, usage_of
from adapters.records.schema import jobs
from domain.errors import Charged
from domain.jobs import JobState
from domain.money.budgets import Spending
from domain.money.usage_account import Account, Saved
from domain.results import NO_TOKENS

TAKEN = tuple(
    jobs.c[name]
    for name in ("created_at", "state", "charged", "asked_pictures", "cost_usd", "estimate_usd")
)
"""What `spending_of` wants to know, in its order: by position, for a day may have thousands."""


def spending_of(
    created_at: datetime,
    state: str,
    charged: str,
    asked_pictures: int,
    cost_usd: str | None,
    estimate_usd: str | None,
) -> Spending | None:
    """What the job takes of the limits."""
    return Spending.of(
        at=created_at.replace(tzinfo=UTC),
        state=JobState(state),
        charged=Charged(charged),
        pictures=asked_pictures,
        cost=amount(cost_usd),
        estimate=amount(estimate_usd),
    )


def account_of(row: Row[Any]) -> Account | None:
    """The account of one job, if it took anything."""
    if spending_of(*(getattr(row, column.name) for column in TAKEN)) is None:
        return None
    cost, estimate = amount(row.cost_usd), amount(row.estimate_usd)
    nothing = Decimal(0)
    return Account(
        day=row.created_at.date(),
        model=row.model,
        calls=1,
        pictures=_made(row),
        usage=usage_of(row) or NO_TOKENS,
        cost=nothing if cost is None else cost,
        unknown=int(cost is None),
        estimated=(estimate or nothing) if cost is None else nothing,
    )


def saved_of(row: Row[Any]) -> Saved:
    """What a row of `savings` says."""
    return Saved(answers=row.answers, usd=Decimal(row.saved_usd))


def _made(row: Row[Any]) -> int:
    """Earlier versions did not write down how many came: then those that were asked for."""
    return (row.made_pictures or row.asked_pictures) if row.state == JobState.STORED else 0
