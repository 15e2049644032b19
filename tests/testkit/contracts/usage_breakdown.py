"""What every UsageLedger promises of the usage by day, model, client and so on."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from domain.money.usage_account import Savings
from domain.money.usage_breakdown import Dimension, ReuseKey
from domain.provider_errors import OutcomeUnknown, RateLimited

from .usage_ledger import NOW, Books, costing, stored


@pytest.mark.anyio
class UsageBreakdownContract:
    """Give a fixture `books`, as for UsageLedgerContract."""

    @pytest.mark.parametrize("by", Dimension)
    async def test_a_breakdown_has_the_sums_of_the_accounts(
        self, books: Books, by: Dimension
    ) -> None:
        for job in (
            stored(costing("job_1", client="one"), "0.1"),
            stored(costing("job_2", owner="other", client="two"), None),
            costing("job_3", "0.7").dispatched().ended(OutcomeUnknown("x")),
            costing("job_4").dispatched().failed(RateLimited("x")),
            costing("job_5", "0.2"),
            stored(costing("job_6", created_at=NOW - timedelta(days=1)), "0.5"),
        ):
            await books.records.save(job)
        key = ReuseKey("fake-1", "local", "one", "generate")
        await books.ledger.credit({key: Savings(results=1, usd=Decimal("0.3"))}, NOW)
        since = NOW - timedelta(days=2)
        accounts = await books.ledger.accounts(since)
        breakdown = await books.ledger.breakdown(since, by)
        for groups in (breakdown.groups, [breakdown.total]):
            for name in ("calls", "images", "cost", "unknown", "estimated"):
                expected = sum(getattr(account, name) for account in accounts)
                assert sum(getattr(group, name) for group in groups) == expected
            saved = sum((group.saved for group in groups), Savings())
            assert saved == Savings(results=1, usd=Decimal("0.3"))
        assert (breakdown.total.jobs, breakdown.total.stored) == (6, 3)

    @pytest.mark.parametrize(
        ("by", "groups"),
        [
            ("day", {"2026-11-23": (1, 0, 2), "2026-11-22": (1, 1, 0)}),
            ("hour", {"2026-11-23 00:00": (1, 0, 2), "2026-11-22 13:00": (1, 1, 0)}),
            ("model", {"fake-1": (2, 1, 2)}),
            ("owner", {"local": (1, 1, 0), "other": (1, 0, 2)}),
            ("client", {"unknown": (1, 1, 0), "two": (1, 0, 2)}),
            ("action", {"generate": (2, 1, 2)}),
            (
                "outcome",
                {"stored": (1, 1, 0), "failed: rate_limited": (1, 0, 0), "reused": (0, 0, 2)},
            ),
        ],
    )
    async def test_a_group_has_the_jobs_of_its_name(
        self, books: Books, by: str, groups: dict[str, tuple[int, int, int]]
    ) -> None:
        zone = timezone(timedelta(hours=1))
        late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
        job = costing("job_2", owner="other", client="two", created_at=late)
        await books.records.save(stored(costing("job_1"), "0.1"))
        await books.records.save(job.dispatched().failed(RateLimited("x")))
        key = ReuseKey("fake-1", "other", "two", "generate")
        saved = {key: Savings(results=2, usd=Decimal("0.2"))}
        await books.ledger.credit(saved, late.astimezone(zone))
        since = (NOW - timedelta(days=2)).astimezone(zone)
        breakdown = await books.ledger.breakdown(since, Dimension(by))
        assert breakdown.by is Dimension(by)
        found = {
            group.name: (group.jobs, group.stored, group.saved.results)
            for group in breakdown.groups
        }
        assert found == groups
