"""The usage of each job and of reused results, from rows of the records."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select

from adapters.records.account_sums import LAST
from adapters.records.readable_rows import UNREADABLE, readable
from adapters.records.row_mapping import to_decimal, to_utc_naive
from adapters.records.schema import jobs, reused_results, savings
from adapters.records.spending_rows import SPENDING_COLUMNS, to_savings, to_spending
from domain.jobs import JobState
from domain.money.usage_account import Savings
from domain.money.usage_breakdown import JobUsage, Reuse, ReuseKey, unattributed

logger = logging.getLogger(__name__)

COLUMNS = (
    *SPENDING_COLUMNS,
    jobs.c.changed_at,
    jobs.c.delivered_images,
    *(jobs.c.model, jobs.c.owner, jobs.c.client, jobs.c.action, jobs.c.failure),
)


def job_usages(connection: Connection, since: datetime) -> Iterator[JobUsage]:
    """The usage of the jobs created from `since` on, with times in its time zone.

    A row that cannot be read is left out, as it is from accounts.
    """
    begin = jobs.c.created_at >= to_utc_naive(since)
    unread = 0
    for row in connection.execute(select(*COLUMNS).where(begin, jobs.c.created_at < LAST)):
        try:
            yield _to_usage(row, since.tzinfo)
        except UNREADABLE:
            unread += 1
    if unread:
        logger.warning("left %d unreadable rows of jobs out of the usage", unread)


def _to_usage(row: Row[Any], zone: tzinfo | None) -> JobUsage:
    created_at, state, charged, requested, cost, estimate = row[: len(SPENDING_COLUMNS)]
    changed_at, delivered, model, owner, client, action, failure = row[len(SPENDING_COLUMNS) :]
    entry = to_spending(created_at, state, charged, requested, cost, estimate)
    texts = (model, owner, action, client or "", failure or "")
    if not (isinstance(delivered, int) and all(isinstance(each, str) for each in texts)):
        raise TypeError("a value has another type")
    is_stored = state == JobState.STORED
    is_timed = is_stored and isinstance(changed_at, datetime)
    return JobUsage(
        at=created_at.replace(tzinfo=UTC).astimezone(zone),
        model=model,
        owner=owner,
        client=client or "",
        action=action,
        outcome=f"{state}: {failure}" if state == JobState.FAILED and failure else state,
        seconds=max(0.0, (changed_at - created_at).total_seconds()) if is_timed else None,
        is_billed=entry is not None,
        images=(delivered or requested) if is_stored else 0,
        cost=to_decimal(cost),
        estimate=to_decimal(estimate) if cost is None else None,
    )


def reuses(connection: Connection, since: datetime) -> list[Reuse]:
    """The results that were reused from the day of `since` on; the sum is that of the savings."""
    day = since.date()
    found = connection.execute(select(savings).where(savings.c.day >= day))
    totals = dict(
        readable(connection, savings, found, lambda row: ((row.day, row.model), to_savings(row)))
    )
    rows = connection.execute(select(reused_results).where(reused_results.c.day >= day))
    return unattributed(totals, readable(connection, reused_results, rows, _to_reuse))


def _to_reuse(row: Row[Any]) -> Reuse:
    return Reuse(
        day=row.day,
        hour=row.hour,
        key=ReuseKey(row.model, row.owner, row.client, row.action),
        saved=to_reused(row),
    )


def to_reused(row: Row[Any]) -> Savings:
    """The savings in a row of `reused_results`."""
    return Savings(results=row.results, usd=to_decimal(row.saved_usd) or Decimal(0))
