"""Spending added up by the database, and the spending of each job where that is needed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection, and_, bindparam, func, select

from adapters.records.exact_sums import UNITS, is_exact, is_plain, models, units
from adapters.records.row_mapping import to_utc_naive
from adapters.records.schema import jobs
from adapters.records.spending_rows import spending_since
from domain.errors import ChargeStatus
from domain.jobs import JobState
from domain.money.spending import SpendingEntries, SpendingEntry, SpendingTotal


class RecordedSpending:
    """A Spending, of the jobs created after `since`, inside the transaction of `connection`."""

    def __init__(self, connection: Connection, since: datetime) -> None:
        self._connection = connection
        self._since = since

    def total(self, after: datetime, before: datetime) -> SpendingTotal:
        return spending_total(self._connection, after, before)

    def entries(self) -> Sequence[SpendingEntry]:
        return spending_since(self._connection, self._since)


def spending_total(connection: Connection, after: datetime, before: datetime) -> SpendingTotal:
    """What the jobs created between these times count against the limits together.

    A row that the database cannot add exactly makes it read all of them, as `spending_since` does.
    """
    times, total = {"after": to_utc_naive(after), "before": to_utc_naive(before)}, SpendingTotal()
    for model in models(connection):
        *sums, latest = connection.execute(TOTALS, {**times, "model": model}).one()
        odd, images, usd, estimated, unknown = sums
        is_plain_model = isinstance(model, str) and isinstance(latest, datetime | None)
        if odd or not is_plain_model or not is_exact(sums):
            return SpendingEntries(spending_since(connection, after)).total(after, before)
        total += SpendingTotal(
            usd=(Decimal(usd or 0) + Decimal(estimated or 0)) / UNITS,
            images=images or 0,
            unknown=unknown,
            latest=None if latest is None else latest.replace(tzinfo=UTC),
        )
    return total


TOTALS = select(
    func.count().filter(~is_plain()),
    func.sum(jobs.c.requested_images),
    func.sum(units(jobs.c.cost_usd)),
    func.sum(units(jobs.c.estimate_usd)).filter(jobs.c.cost_usd.is_(None)),
    func.count().filter(jobs.c.cost_usd.is_(None), jobs.c.estimate_usd.is_(None)),
    func.max(jobs.c.created_at),
).where(
    jobs.c.model == bindparam("model"),
    jobs.c.created_at > bindparam("after"),
    jobs.c.created_at < bindparam("before"),
    ~and_(jobs.c.state == JobState.FAILED, jobs.c.charged == ChargeStatus.NO),
)
