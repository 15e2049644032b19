"""Spending, computed from the records of jobs, and savings, which have a separate table."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Table, select

from adapters.records.account_sums import job_accounts
from adapters.records.dialect import upsert
from adapters.records.engine import Database
from adapters.records.readable_rows import readable
from adapters.records.schema import reused_results, savings
from adapters.records.spending_rows import seen_calls, to_savings
from adapters.records.spending_totals import spending_total
from adapters.records.usage_rows import job_usages, reuses, to_reused
from domain.money.estimates import CallKind, SeenCalls
from domain.money.spending import SpendingTotal
from domain.money.usage_account import Savings, UsageAccount, sum_accounts
from domain.money.usage_breakdown import Dimension, ReuseKey, UsageBreakdown, break_down

T = TypeVar("T")


class SqlUsageLedger:
    """A UsageLedger over `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def total(self, after: datetime, before: datetime, /) -> SpendingTotal:
        return await self._read(lambda connection: spending_total(connection, after, before))

    async def seen_calls(
        self, kinds: Collection[CallKind], /, *, since: datetime, limit: int
    ) -> SeenCalls:
        return await self._read(
            lambda connection: {kind: seen_calls(connection, kind, since, limit) for kind in kinds}
        )

    async def credit(self, saved: Mapping[ReuseKey, Savings], at: datetime, /) -> None:
        def write() -> None:
            with self._database.records().writing.begin() as connection:
                for key, more in saved.items():
                    _credit(connection, at, key, more)

        await self._database.run_in_thread(write, "The savings could not be recorded")

    async def accounts(self, since: datetime, /) -> Sequence[UsageAccount]:
        return await self._read(lambda connection: _accounts(connection, since))

    async def breakdown(self, since: datetime, by: Dimension, /) -> UsageBreakdown:
        return await self._read(
            lambda connection: break_down(
                by, job_usages(connection, since), reuses(connection, since)
            )
        )

    async def _read(self, work: Callable[[Connection], T]) -> T:
        def read() -> T:
            with self._database.records().engine.connect() as connection:
                return work(connection)

        return await self._database.run_in_thread(read, "The spending could not be read")


def _accounts(connection: Connection, since: datetime) -> list[UsageAccount]:
    recent = savings.c.day >= since.date()
    credited = readable(
        connection,
        savings,
        connection.execute(select(savings).where(recent)),
        lambda row: UsageAccount(day=row.day, model=row.model, saved=to_savings(row)),
    )
    return sum_accounts(job_accounts(connection, since), credited)


def _credit(connection: Connection, at: datetime, key: ReuseKey, more: Savings) -> None:
    account = {"day": at.date(), "model": key.model}
    total = _sum(connection, savings, account, to_savings, more)
    if total is None:
        return
    values = {"answers": total.results, "saved_usd": str(total.usd)}
    upsert(connection, savings, {**account, **values})
    origin = {"day": at.date(), "hour": at.hour, **key._asdict()}
    total = _sum(connection, reused_results, origin, to_reused, more)
    if total is not None:
        values = {"results": total.results, "saved_usd": str(total.usd)}
        upsert(connection, reused_results, {**origin, **values})


def _sum(
    connection: Connection,
    table: Table,
    key: Mapping[str, object],
    to_value: Callable[[Row[Any]], Savings],
    more: Savings,
) -> Savings | None:
    """What the row of this key has, and more; None if it is unreadable: then it never changes."""
    query = select(table).where(*(table.c[name] == value for name, value in key.items()))
    rows = connection.execute(query).all()
    found = [*readable(connection, table, rows, to_value)]
    if rows and not found:
        return None
    return found[0] + more if found else more
