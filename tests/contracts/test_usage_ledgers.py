"""Every ledger keeps the ledger's promises; the one on disk keeps them across processes."""

import subprocess
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import update

from adapters.records.engine import Database
from adapters.records.file_image_store import FileImageStore
from adapters.records.job_repository import SqlJobRepository
from adapters.records.schema import jobs
from adapters.records.usage_ledger import SqlUsageLedger
from domain.errors import ArchiveUnavailable
from domain.jobs import JobState
from domain.money.budgets import BudgetLimits
from domain.requests import GenerateRequest
from tests.testkit.contracts.usage_ledger import NOW, Books, LedgerContract, costing, stored
from tests.testkit.fakes import MemoryImageStore, MemoryUsageLedger


class TestMemoryLedger(LedgerContract):
    @pytest.fixture
    def books(self, tmp_path: Path) -> Books:
        archive = MemoryImageStore()
        return Books(MemoryUsageLedger(archive), archive)


@pytest.fixture
async def database(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Database]:
    its = Database(tmp_path / "data")
    yield its
    await its.close()


@pytest.mark.anyio
class TestSqlLedger(LedgerContract):
    @pytest.fixture
    def books(self, database: Database, tmp_path: Path) -> Books:
        return Books(SqlUsageLedger(database), FileImageStore(database, pictures_folder=tmp_path))

    async def test_a_reservation_is_the_jobs_first_record(
        self, books: Books, database: Database, tmp_path: Path
    ) -> None:
        await books.ledger.reserve(costing("job_1"), BudgetLimits(), now=NOW)
        journal = SqlJobRepository(database, pictures_folder=tmp_path)
        record = await journal.find("job_1", owner="local")
        assert (record.state, record.estimate) == (JobState.RESERVED, Decimal(1))

    async def test_of_calls_of_earlier_versions_those_count_that_were_asked_for(
        self, books: Books, database: Database
    ) -> None:
        request = GenerateRequest(prompt="x", model="fake-1", n=4)
        await books.archive.record(stored(costing("job_1", request=request), None))
        with database.records().writing.begin() as connection:
            connection.execute(update(jobs).values(delivered_images=0))
        (today,) = await books.ledger.accounts(NOW)
        assert today.images == 4

    async def test_a_folder_that_cannot_be_written_is_archive_unavailable(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_bytes(b"")
        ledger = SqlUsageLedger(Database(tmp_path / "file" / "data"))
        with pytest.raises(ArchiveUnavailable, match="could not be recorded"):
            await ledger.reserve(costing("job_1"), BudgetLimits(), now=NOW)
        with pytest.raises(ArchiveUnavailable, match="could not be read"):
            await ledger.spent(NOW)


def test_two_processes_on_one_folder_together_get_as_much_as_one(tmp_path: Path) -> None:
    worker = [sys.executable, "-m", "tests.contracts.ledger_worker", str(tmp_path)]
    asking = [
        subprocess.Popen([*worker, name, "25"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for name in ("one", "other")
    ]
    for process in asking:  # both are let go before either is waited for
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    got_in = [process.communicate(timeout=60)[0] for process in asking]
    assert [process.returncode for process in asking] == [0, 0]
    assert sum(map(int, got_in)) == 10
