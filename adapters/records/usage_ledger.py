"""Spending, computed from the records of jobs, and savings, which have a separate table."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import Connection, select

from adapters.records.account_sums import job_accounts
from adapters.records.dialect import upsert
from adapters.records.engine import Database
from adapters.records.readable_rows import readable
from adapters.records.schema import savings
from adapters.records.spending_rows import seen_calls, to_savings
from adapters.records.spending_totals import spending_total
from domain.money.estimates import CallKind, SeenCalls
from domain.money.spending import SpendingTotal
from domain.money.usage_account import Savings, UsageAccount, sum_accounts

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

    async def credit(self, saved: Mapping[str, Savings], day: date, /) -> None:
        def write() -> None:
            with self._database.records().writing.begin() as connection:
                for model, more in saved.items():
                    _credit(connection, day, model, more)

        await self._database.run_in_thread(write, "The savings could not be recorded")

    async def accounts(self, since: datetime, /) -> Sequence[UsageAccount]:
        return await self._read(lambda connection: _accounts(connection, since))

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


def _credit(connection: Connection, day: date, model: str, more: Savings) -> None:
    account = (savings.c.day == day) & (savings.c.model == model)
    rows = connection.execute(select(savings).where(account)).all()
    found = [*readable(connection, savings, rows, to_savings)]
    if rows and not found:
        return  # an unreadable row is never changed
    total = found[0] + more if found else more
    values = {"day": day, "model": model, "answers": total.results, "saved_usd": str(total.usd)}
    upsert(connection, savings, values)
