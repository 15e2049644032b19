"""Every usage ledger fulfills its port's contract; the SQL ledger also across processes."""

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.records.engine import Database
from adapters.records.usage_ledger import SqlUsageLedger
from domain.errors import ArchiveUnavailable
from domain.jobs import JobState
from domain.money.budgets import BudgetLimits
from domain.money.estimates import CallKind
from domain.requests import GenerateRequest
from tests.contracts.data_folder import DataFolder
from tests.testkit.contracts.usage_breakdown import UsageBreakdownContract
from tests.testkit.contracts.usage_ledger import (
    NOW,
    Books,
    UsageLedgerContract,
    costing,
    stored,
)
from tests.testkit.fakes import MemoryJobRepository, MemoryUsageLedger

EVER = NOW - timedelta(days=365)


class TestMemoryUsageLedger(UsageLedgerContract, UsageBreakdownContract):
    @pytest.fixture
    def books(self) -> Books:
        records = MemoryJobRepository()
        return Books(MemoryUsageLedger(records), records)

    @pytest.fixture
    def others(self, books: Books) -> Books:
        assert isinstance(books.records, MemoryJobRepository)
        assert isinstance(books.ledger, MemoryUsageLedger)
        return Books(books.ledger, MemoryJobRepository(writer="other", beside=books.records))


@pytest.mark.anyio
class TestSqlUsageLedger(UsageLedgerContract, UsageBreakdownContract):
    @pytest.fixture
    def books(self, here: DataFolder) -> Books:
        return Books(here.ledger, here.records)

    @pytest.fixture
    def others(self, there: DataFolder) -> Books:
        return Books(there.ledger, there.records)

    async def test_a_reservation_is_the_jobs_first_record(
        self, books: Books, here: DataFolder
    ) -> None:
        await books.reserve(costing("job_1"), BudgetLimits())
        record = await here.record()
        assert (record.state, record.estimate) == (JobState.RESERVED, Decimal(1))

    async def test_calls_of_earlier_versions_count_their_requested_images(
        self, books: Books, here: DataFolder
    ) -> None:
        request = GenerateRequest(prompt="x", model="fake-1", n=4)
        await books.records.save(stored(costing("job_1", request=request), None))
        here.sql("UPDATE jobs SET made_pictures = 0")
        (today,) = await books.ledger.accounts(NOW)
        assert today.images == 4

    @pytest.mark.parametrize(
        "damage",
        [
            "UPDATE jobs SET partial_images = -1",
            "UPDATE jobs SET input_images = 'x'",
            "UPDATE jobs SET text_tokens_in = NULL",
            "UPDATE jobs SET cost_usd = 'x'",
        ],
    )
    async def test_a_damaged_call_teaches_nothing(
        self, books: Books, here: DataFolder, damage: str
    ) -> None:
        job = stored(costing("job_1"), "0.5")
        await books.records.save(job)
        kind = CallKind.of(job)
        assert (await books.ledger.seen_calls([kind], since=EVER, limit=9))[kind]
        here.sql(damage)
        assert not (await books.ledger.seen_calls([kind], since=EVER, limit=9))[kind]

    async def test_the_calls_of_a_kind_are_found_with_an_index(
        self, books: Books, here: DataFolder
    ) -> None:
        await books.records.save(costing("job_1"))
        (*_, plan) = here.sql(
            "EXPLAIN QUERY PLAN SELECT * FROM jobs WHERE provider = 'p' AND model = 'm' "
            "AND action = 'generate' AND size = 's' AND quality = 'q' AND created_at > '2026' "
            "AND state = 'stored' AND cost_usd IS NOT NULL ORDER BY created_at DESC LIMIT 20"
        )[0]
        assert (
            "USING INDEX ix_jobs_kind (model=? AND quality=? AND size=? AND created_at>?)" in plan
        )

    async def test_a_folder_that_cannot_be_read_is_archive_unavailable(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_bytes(b"")
        ledger = SqlUsageLedger(Database(tmp_path / "file" / "data"))
        with pytest.raises(ArchiveUnavailable, match="could not be read"):
            await ledger.total(NOW, NOW)
        with pytest.raises(ArchiveUnavailable, match="could not be recorded"):
            await ledger.credit({}, NOW)


def test_two_processes_on_one_folder_share_the_budget(tmp_path: Path) -> None:
    worker = [sys.executable, "-m", "tests.contracts.ledger_worker", str(tmp_path)]
    processes = [
        subprocess.Popen([*worker, name, "25"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for name in ("one", "other")
    ]
    for process in processes:  # both start before the first wait
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    accepted = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum(map(int, accepted)) == 10
