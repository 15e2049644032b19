"""The database adds up accounts and spending exactly as they would be added row by row."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from adapters.records import account_sums, spending_totals
from adapters.records.account_sums import job_accounts
from adapters.records.readable_rows import readable
from adapters.records.row_mapping import to_utc_naive
from adapters.records.schema import jobs
from adapters.records.spending_rows import spending_since, to_account
from adapters.records.spending_totals import spending_total
from domain.money.budgets import BudgetLimits
from domain.money.spending import SpendingEntries, SpendingTotal
from domain.money.usage_account import UsageAccount, sum_accounts
from domain.provider_errors import OutcomeUnknown, RateLimited
from domain.requests import GenerateRequest
from tests.contracts.data_folder import DataFolder
from tests.testkit.contracts.usage_ledger import NOW, Books, costing, stored

pytestmark = pytest.mark.anyio
ZONES = (
    UTC,
    timezone(timedelta(hours=-5, minutes=7)),
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("America/Santiago"),
)
SINCE = datetime(2026, 3, 20)
AMOUNTS = ("0.1", "5", "5.", ".5", "1E-7", "0.0000000001", "0.123456789012345", "499.99999999")
BIG_OR_BROKEN = ("500", "999999999", "1.2.3", "", ".", "x", "NaN", "-1", "1e999", 7)
TIMES = (
    *("2026-11-22 12:00:00", "2026-11-22 99:99:99.999999", "2026-12-99", "now", ""),
    *("9998-12-31 12:00:00.000000", b"2026", 5),
)


@pytest.fixture
async def year(here: DataFolder) -> DataFolder:
    """Jobs of a year in all states, of two models, some of them at midnight."""
    for number in range(120):
        created_at = NOW - timedelta(days=3 * number, hours=12 * (number % 3))
        model = f"fake-{number % 2}"
        request = GenerateRequest(prompt="x", model=model, n=1 + number % 3)
        job = costing(f"job_{number}", "0.3", created_at=created_at, request=request)
        sent = job.dispatched()
        ends = (job, sent, stored(job, "0.1"), stored(job, None), stored(job, "0.0000007"))
        failed = (sent.ended(OutcomeUnknown("x")), sent.failed(RateLimited("x")))
        await here.records.save((*ends, *failed)[number % 7])
    return here


def added(folder: DataFolder, zone: tzinfo) -> tuple[list[UsageAccount], list[UsageAccount]]:
    """The accounts as the database adds them up, and as they are added row by row."""
    since = SINCE.replace(tzinfo=zone)
    with folder.database.records().engine.connect() as connection:
        query = select(jobs).where(jobs.c.created_at >= to_utc_naive(since))
        rows = connection.execute(query).all()
        each = readable(connection, jobs, rows, lambda row: to_account(row, zone))
        return (
            sum_accounts(job_accounts(connection, since)),
            sum_accounts(account for account in each if account),
        )


def totals(folder: DataFolder) -> list[tuple[SpendingTotal, SpendingTotal]]:
    """The spending in windows that end at some jobs, by the database and job by job."""
    windows = [
        (NOW - timedelta(days=days), NOW - timedelta(days=days - 9)) for days in range(0, 99, 3)
    ]
    with folder.database.records().engine.connect() as connection:
        every = SpendingEntries(spending_since(connection, SINCE.replace(tzinfo=UTC)))
        return [(spending_total(connection, *each), every.total(*each)) for each in windows]


@pytest.mark.parametrize("zone", ZONES, ids=str)
async def test_accounts_are_those_of_all_rows(year: DataFolder, zone: tzinfo) -> None:
    by_database, by_row = added(year, zone)
    assert by_database == by_row
    assert len(by_row) > 60


async def test_the_spending_of_a_window_is_that_of_its_jobs(year: DataFolder) -> None:
    found = totals(year)
    assert all(by_database == by_job for by_database, by_job in found)
    assert sum(total.unknown for total, _ in found) == 0
    year.sql("UPDATE jobs SET estimate_usd = NULL WHERE id LIKE '%3'")
    found = totals(year)
    assert all(by_database == by_job for by_database, by_job in found)
    assert any(total.unknown for total, _ in found)


@pytest.mark.parametrize("column", ["cost_usd", "estimate_usd"])
async def test_every_amount_is_added_exactly_or_left_out(year: DataFolder, column: str) -> None:
    for number, amount in enumerate((*AMOUNTS, *BIG_OR_BROKEN)):
        query = f"UPDATE jobs SET {column} = ? WHERE id = ?"  # noqa: S608 - named above
        for job in (number, number + 40, number + 80):
            year.sql(query, amount, f"job_{job}")
    for zone in ZONES:
        by_database, by_row = added(year, zone)
        assert by_database == by_row
    assert all(by_database == by_job for by_database, by_job in totals(year))


async def test_tokens_of_language_models_are_added_where_they_were_counted(
    year: DataFolder,
) -> None:
    tokens = "mainline_tokens_in = 500, mainline_tokens_out = 7"
    year.sql(f"UPDATE jobs SET {tokens}, mainline_cached_tokens_in = 9 WHERE id LIKE '%4'")  # noqa: S608 - named above
    by_database, by_row = added(year, UTC)
    assert by_database == by_row
    counted = [each.usage.mainline for each in by_database if each.usage.mainline]
    assert 0 < len(counted) < len(by_database)
    assert sum(each.tokens_in for each in counted) % 500 == 0
    assert {each.written_tokens_in for each in counted} == {0}


async def test_half_a_count_of_a_language_model_is_not_added_to_the_counts_of_its_day(
    year: DataFolder,
) -> None:
    year.sql("UPDATE jobs SET mainline_tokens_in = 500, mainline_tokens_out = 7 WHERE id = 'job_4'")
    day = "(SELECT created_at FROM jobs WHERE id = 'job_4')"
    half = f"mainline_tokens_in = 900, created_at = {day}"
    year.sql(f"UPDATE jobs SET {half} WHERE id = 'job_18'")  # noqa: S608 - named above
    by_database, by_row = added(year, UTC)
    assert by_database == by_row
    assert [each.usage.mainline.tokens_in for each in by_row if each.usage.mainline] == [500]


async def test_a_damaged_time_changes_no_other_day(year: DataFolder) -> None:
    for number, at in enumerate(TIMES):
        year.sql("UPDATE jobs SET created_at = ? WHERE id = ?", at, f"job_{7 * number + 2}")
    for zone in ZONES[:2]:
        by_database, by_row = added(year, zone)
        assert by_database == by_row


async def test_a_job_that_is_dated_9999_is_on_no_day(year: DataFolder) -> None:
    before, _ = added(year, UTC)
    year.sql("UPDATE jobs SET created_at = '9999-12-31 23:59:59.999999' WHERE id = 'job_2'")
    after, _ = added(year, UTC)
    assert sum(each.calls for each in before) - sum(each.calls for each in after) == 1


@pytest.mark.parametrize(
    "damage",
    [
        "state = 'archived'",
        "charged = 'perhaps'",
        "asked_pictures = 'x'",
        "asked_pictures = -1",
        "made_pictures = 'x'",
        "tokens_out = 'x'",
        "text_tokens_in = 1.5",
        "mainline_tokens_in = 'x', mainline_tokens_out = 2",
        "mainline_tokens_in = 5",
        "mainline_tokens_out = 5",
        "mainline_tokens_in = 5, mainline_tokens_out = 2, tokens_out = NULL",
        "model = ''",
        "model = CAST('fake-0' AS BLOB)",
    ],
)
async def test_damaged_rows_are_left_out_and_no_others(year: DataFolder, damage: str) -> None:
    year.sql(f"UPDATE jobs SET {damage} WHERE id LIKE '%2'")  # noqa: S608 - named above
    by_database, by_row = added(year, UTC)
    assert by_database == by_row
    assert all(by_database == by_job for by_database, by_job in totals(year))


async def test_spending_is_read_job_by_job_only_to_explain_a_refusal(
    year: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spending_totals, "spending_since", lambda *_: pytest.fail("read each job"))
    books = Books(year.ledger, year.records)
    limits = BudgetLimits(day_usd=Decimal(10), images_hour=50, call_usd=Decimal(5))
    await books.reserve(costing("job_new"), limits)
    assert (await year.ledger.total(NOW - timedelta(days=99), NOW)).usd > 1
    with pytest.raises(pytest.fail.Exception):
        await books.reserve(costing("job_much", "4.99"), BudgetLimits(day_usd=Decimal(5)))


async def test_readable_days_are_added_by_the_database(
    year: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_sums, "to_account", lambda *_: pytest.fail("read row by row"))
    accounts = await year.ledger.accounts(SINCE.replace(tzinfo=UTC))
    assert sum(account.cost for account in accounts) > Decimal(1)
