"""The report of `usage`: dollars and local times for people, exact numbers for programs."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from application.use_cases.report_usage import ReportUsage, UsageReport
from domain.money.amounts import dollars, exact_dollars
from domain.money.budgets import BudgetLimits
from domain.money.usage_account import Savings, UsageAccount
from domain.requests import GenerateRequest
from entrypoints.wire.usage_results import usage_result
from entrypoints.wire.usage_tables import usage_text
from tests.testkit.contracts.usage_ledger import costing, stored
from tests.testkit.fakes import FrozenClock, MemoryJobRepository, MemoryUsageLedger

ACCOUNT = UsageAccount(
    day=date(2026, 11, 22),
    model="gpt-image-2.6-sunburst",
    calls=123,
    images=456,
    cost=Decimal("1234.56789"),
    unknown=12,
    estimated=Decimal("0.0004"),
    saved=Savings(results=3, usd=Decimal("0.0325")),
)


@pytest.fixture(autouse=True)
def california(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "$0.00"),
        ("0.0325", "$0.033"),
        ("0.9994", "$0.999"),
        ("1", "$1.00"),
        ("1234.5", "$1,234.50"),
        ("0.0001", "under $0.001"),
    ],
)
def test_an_amount_has_two_or_three_digits(amount: str, text: str) -> None:
    assert dollars(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("limit", "text"),
    [("5", "$5.00"), ("0.0425", "$0.0425"), ("100", "$100.00"), ("1E+3", "$1,000.00")],
)
def test_a_limit_is_shown_as_it_was_set(limit: str, text: str) -> None:
    assert exact_dollars(Decimal(limit)) == text


def test_a_need_is_never_rounded_down() -> None:
    assert dollars(Decimal("0.03001"), up=True) == "$0.031"


def test_the_table_fits_eighty_columns_and_the_numbers_stay_exact() -> None:
    report = UsageReport(since=ACCOUNT.day, accounts=[ACCOUNT], statuses=[])
    text = usage_text(report)
    assert max(map(len, text.splitlines())) <= 80
    for shown in ("$1,234.57", "12, $0.001", "$0.033", "days in local time"):
        assert shown in text
    assert usage_result(report).total.cost_usd == 1234.56789


@pytest.mark.anyio
async def test_days_and_times_are_local() -> None:
    records, clock = MemoryJobRepository(), FrozenClock()
    clock.time = clock.time.replace(hour=2)  # still the day before in California
    half_an_hour_ago = clock.time - timedelta(minutes=30, seconds=5)
    await records.save(stored(costing("job_1", created_at=half_an_hour_ago), "0.25"))
    image = GenerateRequest(prompt="x", model="fake-1")
    await records.save(stored(costing("job_2", request=image, created_at=half_an_hour_ago), None))
    limits = BudgetLimits(day_usd=Decimal(5), images_hour=7)
    report = await ReportUsage(MemoryUsageLedger(records), limits, clock)(1)
    assert [account.day for account in report.accounts] == [date(2026, 11, 21)]
    lines = usage_text(report).splitlines()
    assert lines[-2:] == [
        "BUDGET_DAY_USD: $3.75 left of $5.00; all of it again from 2026-11-22 17:30 on",
        "BUDGET_IMAGES_HOUR: 5 left of 7 images; all of it again from 2026-11-21 18:30 on",
    ]
    (status, _) = report.statuses
    assert replace(status, spent=Decimal(9)).left == 0
