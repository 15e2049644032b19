"""Rows of the records as amounts of money."""

from datetime import UTC
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from adapters.archive.rows import amount, usage_of
from domain.accounts import Account, Saved
from domain.budgets import Spending
from domain.errors import Charged
from domain.jobs import JobState
from domain.results import NO_TOKENS


def spending_of(row: Row[Any]) -> Spending | None:
    """What the job takes of the limits."""
    return Spending.of(
        at=row.created_at.replace(tzinfo=UTC),
        state=JobState(row.state),
        charged=Charged(row.charged),
        pictures=row.asked_pictures,
        cost=amount(row.cost_usd),
        estimate=amount(row.estimate_usd),
    )


def account_of(row: Row[Any]) -> Account:
    """The account of one job."""
    cost, estimate = amount(row.cost_usd), amount(row.estimate_usd)
    nothing = Decimal(0)
    return Account(
        day=row.created_at.date(),
        model=row.model,
        calls=1,
        pictures=row.asked_pictures if row.state == JobState.STORED else 0,
        usage=usage_of(row) or NO_TOKENS,
        cost=nothing if cost is None else cost,
        unknown=int(cost is None),
        estimated=(estimate or nothing) if cost is None else nothing,
    )


def saved_of(row: Row[Any]) -> Saved:
    """What a row of `savings` says."""
    return Saved(answers=row.answers, usd=Decimal(row.saved_usd))
