"""Spending and savings from rows of the records."""

from dataclasses import astuple
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from itertools import starmap
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from adapters.records.readable_rows import UNREADABLE, readable
from adapters.records.row_mapping import to_decimal, to_utc_naive, usage_of
from adapters.records.schema import jobs
from domain.errors import ChargeStatus
from domain.jobs import JobState
from domain.money.estimates import CallKind, SeenCall
from domain.money.spending import SpendingEntry
from domain.money.usage_account import Savings, UsageAccount
from domain.results import NO_TOKENS, Usage

SPENDING_COLUMNS = tuple(
    jobs.c[name]
    for name in ("created_at", "state", "charged", "requested_images", "cost_usd", "estimate_usd")
)
"""The parameters of `to_spending`, in order. They are passed by position because that is faster,
and a day may have thousands of rows."""


SPENDING = select(*SPENDING_COLUMNS).where(jobs.c.created_at > bindparam("since"))
SEEN_CALLS = (
    select(jobs)
    .where(*(jobs.c[name] == bindparam(name) for name in CallKind._fields))
    .where(jobs.c.created_at > bindparam("since"))
    .where(jobs.c.state == JobState.STORED, jobs.c.cost_usd.is_not(None))
    .order_by(jobs.c.created_at.desc())
    .limit(bindparam("most"))
)


def spending_since(connection: Connection, since: datetime) -> list[SpendingEntry]:
    """What each job created after `since` counts against the limits.

    A row that cannot be read counts like a job that was sent and has an unknown outcome.
    """
    rows = connection.execute(SPENDING, {"since": to_utc_naive(since)}).all()
    return [entry for entry in starmap(_spending_or_unknown, rows) if entry is not None]


def _spending_or_unknown(created_at: object, *row: Any) -> SpendingEntry | None:  # noqa: ANN401 - the rest of SPENDING_COLUMNS
    if not isinstance(created_at, datetime):
        return None  # the limits count by time, and its time is unknown
    try:
        return to_spending(created_at, *row)
    except UNREADABLE:
        return SpendingEntry(at=created_at.replace(tzinfo=UTC), usd=None, images=1)


def to_spending(
    created_at: datetime,
    state: str,
    charged: str,
    requested_images: object,
    cost_usd: str | None,
    estimate_usd: str | None,
) -> SpendingEntry | None:
    """What a job counts against the limits, if anything; raise what UNREADABLE lists."""
    if not isinstance(requested_images, int) or requested_images < 0:
        raise ValueError(f"asked_pictures is {requested_images!r}")
    return SpendingEntry.of(
        at=created_at.replace(tzinfo=UTC),
        state=JobState(state),
        charged=ChargeStatus(charged),
        images=requested_images,
        cost=to_decimal(cost_usd),
        estimate=to_decimal(estimate_usd) if cost_usd is None else None,
    )


def to_account(row: Row[Any], zone: tzinfo | None) -> UsageAccount | None:
    """The account of one job on its day in `zone`, if it was or may have been billed."""
    if to_spending(*(getattr(row, column.key) for column in SPENDING_COLUMNS)) is None:
        return None
    cost, zero = to_decimal(row.cost_usd), Decimal(0)
    estimate = to_decimal(row.estimate_usd) if cost is None else None
    return UsageAccount(
        day=row.created_at.replace(tzinfo=UTC).astimezone(zone).date(),
        model=row.model,
        provider=row.provider,
        calls=1,
        images=_image_count(row),
        usage=usage_of(row) or NO_TOKENS,
        cost=zero if cost is None else cost,
        unknown=int(cost is None),
        estimated=estimate or zero,
    )


def seen_calls(
    connection: Connection, kind: CallKind, since: datetime, limit: int
) -> list[SeenCall]:
    """The newest settled calls of this kind; rows that cannot be read are left out."""
    values = {**kind._asdict(), "since": to_utc_naive(since), "most": limit}
    return [*readable(connection, jobs, connection.execute(SEEN_CALLS, values), _to_seen)]


def _to_seen(row: Row[Any]) -> SeenCall:
    """A settled call; raise what UNREADABLE lists, also for counts that no call has."""
    usage = usage_of(row)
    if min(row.partial_images, row.input_images, *_counts(usage)) < 0:
        raise ValueError("a count is negative")
    return SeenCall(
        images=max(1, _image_count(row)),
        cost=to_decimal(row.cost_usd) or Decimal(0),
        usage=usage,
        partial_images=row.partial_images,
        input_images=row.input_images,
    )


def _counts(usage: Usage | None) -> tuple[int, ...]:
    if usage is None:
        return ()
    own = (usage.text_tokens_in, usage.image_tokens_in, usage.tokens_out)
    cached = (usage.cached_text_tokens_in, usage.cached_image_tokens_in)
    return (*own, *cached, *(astuple(usage.mainline) if usage.mainline else ()))


def to_savings(row: Row[Any]) -> Savings:
    """The savings in a row of `savings`."""
    return Savings(results=row.answers, usd=to_decimal(row.saved_usd) or Decimal(0))


def _image_count(row: Row[Any]) -> int:
    """The images delivered, or else requested: earlier versions did not record the former."""
    return (row.delivered_images or row.requested_images) if row.state == JobState.STORED else 0
