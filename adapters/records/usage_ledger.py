"""What was spent, read from the records of jobs; there are no other books of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import starmap
from typing import TypeVar

from sqlalchemy import Connection, select

from adapters.records.dialect import upsert
from adapters.records.engine import Database
from adapters.records.row_mapping import to_utc_naive
from adapters.records.schema import jobs, savings
from adapters.records.spending_rows import SPENDING_COLUMNS, to_account, to_savings, to_spending
from domain.jobs import Job
from domain.money.budget_policy import check_budget
from domain.money.budgets import BudgetLimits, SpendingEntry
from domain.money.usage_account import Savings, UsageAccount, sum_by_day_and_model
from domain.requests import ImageRequest

T = TypeVar("T")


class SqlUsageLedger:
    """A Ledger over a data folder. A reservation is a job's first record."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(
        self, job: Job[ImageRequest], /, limits: BudgetLimits, *, now: datetime
    ) -> None:
        def reserve() -> None:
            records, since = self._database.records(), limits.since(now)
            with records.writing.begin() as connection:  # nobody else writes until it ends
                spent = [] if since is None else _spent(connection, since)
                check_budget(job, limits, spent, now)
                records.put(connection, job)

        await self._database.run_in_thread(reserve, "The job could not be recorded")

    async def release(self, job: Job[ImageRequest], /) -> None:
        database = self._database
        await database.run_in_thread(
            lambda: database.records().write(job), "The job could not be recorded"
        )

    async def spent(self, since: datetime, /) -> Sequence[SpendingEntry]:
        return await self._read(lambda connection: _spent(connection, since))

    async def credit(self, saved: Mapping[str, Savings], day: date, /) -> None:
        def write() -> None:
            with self._database.records().writing.begin() as connection:
                for model, more in saved.items():
                    _credit(connection, day, model, more)

        await self._database.run_in_thread(write, "What was saved could not be recorded")

    async def accounts(self, since: datetime, /) -> Sequence[UsageAccount]:
        return await self._read(lambda connection: _accounts(connection, since))

    async def _read(self, work: Callable[[Connection], T]) -> T:
        def read() -> T:
            with self._database.records().engine.connect() as connection:
                return work(connection)

        return await self._database.run_in_thread(read, "What was spent could not be read")


def _spent(connection: Connection, since: datetime) -> list[SpendingEntry]:
    rows = connection.execute(
        select(*SPENDING_COLUMNS).where(jobs.c.created_at > to_utc_naive(since))
    ).all()
    return [took for took in starmap(to_spending, rows) if took is not None]


def _accounts(connection: Connection, since: datetime) -> list[UsageAccount]:
    rows = connection.execute(select(jobs).where(jobs.c.created_at >= to_utc_naive(since))).all()
    paid = [account for account in map(to_account, rows) if account is not None]
    lately = savings.c.day >= since.astimezone(UTC).date()
    credits_ = connection.execute(select(savings).where(lately)).all()
    return sum_by_day_and_model(
        [
            *paid,
            *(
                UsageAccount(day=row.day, model=row.model, saved=to_savings(row))
                for row in credits_
            ),
        ]
    )


def _credit(connection: Connection, day: date, model: str, more: Savings) -> None:
    its = (savings.c.day == day) & (savings.c.model == model)
    row = connection.execute(select(savings).where(its)).one_or_none()
    total = more if row is None else to_savings(row) + more
    values = {"day": day, "model": model, "answers": total.answers, "saved_usd": str(total.usd)}
    connection.execute(upsert(savings, values))
