"""40 recorded days of jobs: every breakdown has the ledger's sums, to the cent and beyond."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from application.use_cases.analyze_usage import AnalyzeUsage
from domain.money.usage_account import Savings, UsageAccount
from domain.money.usage_breakdown import UNKNOWN, Dimension, ReuseKey
from domain.provider_errors import BadProviderReply, OutcomeUnknown, RateLimited
from entrypoints.wire.usage_analysis import analysis_csv
from tests.contracts.data_folder import DataFolder
from tests.testkit.contracts.usage_ledger import AnyJob, costing, stored
from tests.testkit.fakes import FrozenClock

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MODELS, CLIENTS = ("fake-1", "fake-2", "fake-3"), ("claude-ai", "curl", "")
CENTS = (None, "0.000001", "0.0413", "0.01", "0.1", "0.211", "3.3333333333", "12")


def ended(number: int, random: Random) -> AnyJob:
    """A job of the last 40 days that ended in some way."""
    at = NOW.replace(hour=23) - timedelta(minutes=random.randrange(40 * 24 * 60 - 60))
    job = costing(
        f"job_{number}",
        random.choice(CENTS),
        created_at=at,
        owner=random.choice(("local", "token")),
        client=random.choice(CLIENTS),
        provider=random.choice(("one", "two")),
    )
    sent = job.dispatched()
    if random.random() < 0.6:
        return stored(job, random.choice(CENTS))
    errors = OutcomeUnknown("x"), BadProviderReply("x"), RateLimited("x")
    return random.choice([sent, *(sent.ended(error) for error in errors)])


async def record(folder: DataFolder) -> None:
    """400 jobs, the savings of each day, and rows that earlier versions would have left."""
    random = Random(16)  # noqa: S311 - the same jobs in each run
    for number in range(400):
        await folder.records.save(ended(number, random))
    for number in range(400):
        folder.sql("UPDATE jobs SET model = ? WHERE id = ?", MODELS[number % 3], f"job_{number}")
    folder.sql("UPDATE jobs SET client = NULL WHERE id LIKE '%7'")
    for day in range(40):
        at = NOW - timedelta(days=day, hours=random.randrange(12))
        origin = ReuseKey(MODELS[day % 3], "token", random.choice(CLIENTS), "generate")
        await folder.ledger.credit({origin: Savings(results=2, usd=Decimal("0.0413"))}, at)
    folder.sql("DELETE FROM reused_results WHERE day < '2026-11-01'")


def sums(accounts: Sequence[UsageAccount]) -> tuple[object, ...]:
    """What a ledger's accounts have in all."""
    return (
        sum(each.calls for each in accounts),
        sum(each.images for each in accounts),
        sum(each.cost for each in accounts),
        sum(each.unknown for each in accounts),
        sum(each.estimated for each in accounts),
        sum(each.saved.results for each in accounts),
        sum(each.saved.usd for each in accounts),
    )


async def test_each_breakdown_of_forty_days_has_the_sums_of_the_accounts(here: DataFolder) -> None:
    await record(here)
    analyze = AnalyzeUsage(here.ledger, FrozenClock(NOW))
    begin = NOW.astimezone().replace(hour=0) - timedelta(days=39)
    accounts = await here.ledger.accounts(begin)
    expected = sums(accounts)
    assert len({account.day for account in accounts}) == 40
    for by in Dimension:
        analysis = await analyze(by, 40)
        groups = analysis.breakdown.groups
        found = (
            sum(each.calls for each in groups),
            sum(each.images for each in groups),
            sum(each.cost for each in groups),
            sum(each.unknown for each in groups),
            sum(each.estimated for each in groups),
            sum(each.saved.results for each in groups),
            sum(each.saved.usd for each in groups),
        )
        assert found == expected
        rows = [*csv.DictReader(io.StringIO(analysis_csv(analysis)))]
        assert sum(Decimal(row["costUsd"]) for row in rows) == expected[2]
        assert sum(Decimal(row["savedUsd"]) for row in rows) == expected[-1]
    days = {group.name: group for group in (await analyze(Dimension.DAY, 40)).breakdown.groups}
    for day, group in days.items():
        of_day = [account for account in accounts if account.day.isoformat() == day]
        assert group.cost == sum(account.cost for account in of_day)
        assert group.saved.usd == sum(account.saved.usd for account in of_day)


async def test_what_earlier_versions_did_not_record_is_unknown(here: DataFolder) -> None:
    await record(here)
    analyze = AnalyzeUsage(here.ledger, FrozenClock(NOW))
    for by in (Dimension.CLIENT, Dimension.HOUR):
        breakdown = (await analyze(by, 40)).breakdown
        (unknown,) = (group for group in breakdown.groups if group.name == UNKNOWN)
        assert unknown.saved.results >= 2 * 18
    (unnamed,) = here.sql("SELECT count(*) FROM jobs WHERE client IS NULL")
    clients = (await analyze(Dimension.CLIENT, 40)).breakdown.groups
    assert [group.jobs for group in clients if group.name == UNKNOWN] == [*unnamed]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE jobs SET cost_usd = 'much' WHERE id = 'job_1'",
        "UPDATE jobs SET created_at = 'now' WHERE id = 'job_1'",
        "UPDATE jobs SET state = 'archived' WHERE id = 'job_1'",
        "UPDATE jobs SET client = x'ff00', made_pictures = 'x' WHERE id = 'job_1'",
    ],
)
async def test_an_unreadable_job_is_left_out_as_it_is_from_the_accounts(
    here: DataFolder, damage: str
) -> None:
    for number in range(3):
        await here.records.save(stored(costing(f"job_{number}"), "0.5"))
    here.sql(damage)
    since = NOW - timedelta(days=2)
    breakdown = await here.ledger.breakdown(since, Dimension.CLIENT)
    assert breakdown.total.cost == sum(each.cost for each in await here.ledger.accounts(since))
    assert breakdown.total.jobs == 2


async def test_unreadable_details_become_savings_of_unknown_origin(here: DataFolder) -> None:
    key = ReuseKey("fake-1", "local", "curl", "edit")
    more = {key: Savings(results=1, usd=Decimal(1))}
    await here.ledger.credit(more, NOW)
    here.sql("UPDATE reused_results SET results = 'many'")
    await here.ledger.credit(more, NOW)
    assert here.sql("SELECT results FROM reused_results") == [("many",)]
    breakdown = await here.ledger.breakdown(NOW - timedelta(days=1), Dimension.CLIENT)
    assert [(group.name, group.saved.usd) for group in breakdown.groups] == [(UNKNOWN, Decimal(2))]
