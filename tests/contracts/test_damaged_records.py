"""Records that cannot be read, or not written: what is passed over, and what the error says."""

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.records import write_probe
from application.ports.job_repository import Reserved
from domain.errors import ArchiveUnavailable
from domain.jobs import IdempotencyKey
from domain.money.spending import SpendingTotal
from domain.money.usage_account import Savings
from domain.money.usage_breakdown import ReuseKey
from tests.chaos.fault_injection import make_read_only, small_disk
from tests.contracts.data_folder import DataFolder
from tests.testkit.contracts.abandoned_jobs import outcome
from tests.testkit.contracts.job_repository import KEY, reserve, stored
from tests.testkit.fakes import PNG, job_for

pytestmark = pytest.mark.anyio
NEWER = "UPDATE jobs SET state = 'archived' WHERE id = ?"


@pytest.fixture
async def folder(tmp_path: Path, anyio_backend: str) -> AsyncIterator[DataFolder]:
    folder = DataFolder(tmp_path)
    yield folder
    with suppress(ArchiveUnavailable):
        await folder.close()


async def save(folder: DataFolder, *job_ids: str) -> None:
    """Record stored jobs, one second after another."""
    for at, job_id in enumerate(job_ids):
        created_at = job_for().created_at + timedelta(seconds=at)
        await folder.records.save(stored(PNG, id=job_id, created_at=created_at))


async def listed(folder: DataFolder, limit: int = 9) -> list[str]:
    return [record.id for record in await folder.records.recent(owner="local", limit=limit)]


async def refusal(folder: DataFolder) -> ArchiveUnavailable:
    """The error of the check, which is that of a job."""
    with pytest.raises(ArchiveUnavailable) as checked:
        await folder.records.check_writable()
    with pytest.raises(ArchiveUnavailable) as reserved:
        await reserve(folder.records, job_for(id="job_new"))
    assert checked.value.hint == reserved.value.hint
    return checked.value


async def test_an_unreadable_row_is_passed_over_and_noted_once(
    folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    await save(folder, "job_1", "job_2", "job_3")
    folder.sql("UPDATE jobs SET created_at = 'now' WHERE id = 'job_2'")
    for _ in range(2):
        assert await listed(folder) == ["job_3", "job_1"]
    (note,) = caplog.messages
    assert str(folder.file) in note
    assert "['job_2']: created_at is 'now'" in note


async def test_a_list_is_as_long_as_if_the_unreadable_rows_were_not_there(
    folder: DataFolder,
) -> None:
    await save(folder, *(f"job_{number}" for number in range(9)))
    for number in (8, 7, 6, 4):
        folder.sql("UPDATE jobs SET charged = 'perhaps' WHERE id = ?", f"job_{number}")
    assert await listed(folder, limit=3) == ["job_5", "job_3", "job_2"]
    assert len(await listed(folder)) == 5


async def test_an_unreadable_image_is_left_out_of_its_job(folder: DataFolder) -> None:
    await save(folder, "job_1")
    folder.sql("UPDATE pictures SET notes = '{}'")
    assert (await folder.record()).images == ()


@pytest.mark.parametrize("value", ["0", "-1", "'many'"])
async def test_without_the_size_of_an_image_the_total_is_unknown(
    folder: DataFolder, value: str
) -> None:
    await save(folder, "job_1", "job_2")
    assert await folder.records.total_bytes() == 2 * len(PNG.data)
    folder.sql(f"UPDATE pictures SET bytes = {value} WHERE job_id = 'job_2'")  # noqa: S608 - named above
    assert await folder.records.total_bytes() is None


async def test_an_unreadable_job_is_not_the_same_as_no_job(folder: DataFolder) -> None:
    await save(folder, "job_1")
    folder.sql(NEWER, "job_1")
    with pytest.raises(ArchiveUnavailable, match=r"job_1 in .*records.sqlite3 cannot be read"):
        await folder.records.get("job_1", owner="local")


async def test_the_key_of_an_unreadable_job_is_not_free(folder: DataFolder) -> None:
    """Otherwise its request would be paid for twice."""
    await reserve(folder.records, job_for(key=KEY))
    folder.sql(NEWER, "job_1")
    with pytest.raises(ArchiveUnavailable):
        await folder.records.by_key(KEY.value, owner="local")
    with pytest.raises(ArchiveUnavailable):
        await reserve(folder.records, job_for(id="job_2", key=KEY))
    other = IdempotencyKey("k-2", "a digest")
    assert await reserve(folder.records, job_for(id="job_3", key=other)) == Reserved()


async def test_an_unreadable_job_is_neither_closed_nor_pruned(folder: DataFolder) -> None:
    await folder.records.save(job_for().dispatched())
    await save(folder, "job_2")
    folder.sql("UPDATE jobs SET created_at = 'now'")
    before = folder.sql("SELECT * FROM jobs")
    assert await folder.records.close_abandoned([], outcome) == []
    assert await folder.records.images_by_age() == []
    assert folder.sql("SELECT * FROM jobs") == before


@pytest.mark.parametrize(
    ("column", "value"),
    [("state", "archived"), ("charged", "perhaps"), ("cost_usd", "NaN"), ("asked_pictures", "x")],
)
async def test_an_unreadable_row_counts_as_a_job_of_unknown_cost(
    folder: DataFolder, column: str, value: str
) -> None:
    job = job_for(estimate=Decimal(3)).dispatched()
    await folder.records.save(job)
    folder.sql(f"UPDATE jobs SET {column} = ?", value)  # noqa: S608 - named above
    hour = timedelta(hours=1)
    total = await folder.ledger.total(job.created_at - hour, job.created_at + hour)
    assert total == SpendingTotal(images=1, unknown=1, latest=job.created_at)
    assert await folder.ledger.accounts(job.created_at - timedelta(hours=1)) == []


async def test_unreadable_savings_stay_as_they_are(folder: DataFolder) -> None:
    day = job_for().created_at
    saved = {ReuseKey("fake-1"): Savings(results=1, usd=Decimal(1))}
    await folder.ledger.credit(saved, day)
    folder.sql("UPDATE savings SET saved_usd = 'much'")
    await folder.ledger.credit(saved, day)
    assert folder.sql("SELECT answers, saved_usd FROM savings") == [(1, "much")]
    assert await folder.ledger.accounts(job_for().created_at) == []


async def test_the_check_leaves_nothing_behind(folder: DataFolder) -> None:
    await save(folder, "job_1")
    tables = [name for (name,) in folder.sql("SELECT name FROM sqlite_master WHERE type='table'")]
    before = {name: folder.sql(f"SELECT * FROM {name}") for name in tables}  # noqa: S608 - the database's own names
    await folder.records.check_writable()
    assert {name: folder.sql(f"SELECT * FROM {name}") for name in tables} == before  # noqa: S608 - as above


@contextmanager
def locked(folder: DataFolder) -> Iterator[None]:
    with closing(sqlite3.connect(folder.file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


async def test_a_locked_database_is_reported_within_two_seconds(folder: DataFolder) -> None:
    await folder.records.check_writable()
    with locked(folder):
        started = time.monotonic()
        with pytest.raises(ArchiveUnavailable, match=r"records\.sqlite3: database is locked") as no:
            await folder.records.check_writable()
        assert time.monotonic() - started < 2
    assert "Another process" in no.value.hint
    await folder.records.check_writable()


async def test_checks_at_the_same_time_share_one(folder: DataFolder) -> None:
    """Probes need no token, and must not take all threads of the records."""
    await save(folder, "job_1")
    with locked(folder):
        started = time.monotonic()
        ends = await asyncio.gather(
            *(folder.records.check_writable() for _ in range(40)), return_exceptions=True
        )
        assert time.monotonic() - started < 2
    assert {type(end) for end in ends} == {ArchiveUnavailable}


async def test_a_short_lock_is_waited_for(folder: DataFolder) -> None:
    await folder.records.check_writable()
    with closing(sqlite3.connect(folder.file, isolation_level=None)) as connection:
        connection.executescript("BEGIN IMMEDIATE; ROLLBACK")
        await folder.records.check_writable()


async def test_a_garbage_database_is_named_and_stays(folder: DataFolder) -> None:
    folder.data.mkdir()
    folder.file.write_bytes(b"no database " * 100)
    error = await refusal(folder)
    assert f"{folder.file}: file is not a database" in error.message
    assert "Move the file away" in error.hint
    assert folder.file.read_bytes() == b"no database " * 100


async def test_a_database_of_another_program_is_named_and_stays(folder: DataFolder) -> None:
    folder.data.mkdir()
    folder.sql("CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT)")
    error = await refusal(folder)
    assert str(folder.file) in error.message
    assert "Set DATA_DIR" in error.hint
    assert folder.sql("SELECT name FROM sqlite_master") == [("jobs",)]


async def test_a_file_in_place_of_the_folder_is_named(folder: DataFolder) -> None:
    folder.data.write_text("a file")
    error = await refusal(folder)
    assert str(folder.data) in error.message
    assert "DATA_DIR" in error.hint
    assert folder.data.read_text() == "a file"


async def test_a_read_only_disk_is_named(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8):
        folder = DataFolder(tmp_path / "disk")
        await save(folder, "job_1")
        await folder.close()
        make_read_only(tmp_path / "disk")
        again = DataFolder(tmp_path / "disk")
        error = await refusal(again)
        assert str(again.data) in error.message
        with suppress(ArchiveUnavailable):
            await again.close()


async def test_a_full_disk_is_named(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    await folder.records.check_writable()
    usage = shutil.disk_usage(folder.data)
    full = type(usage)(usage.total, usage.total, write_probe.MIN_FREE_BYTES - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(ArchiveUnavailable, match="No space left on device"):
        await folder.records.check_writable()


async def test_what_is_no_lock_file_does_not_stop_recovery(folder: DataFolder) -> None:
    await folder.records.save(job_for().dispatched())
    (folder.data / "writers" / "1-aaaaaaaa.lock").mkdir()
    os.mkfifo(folder.data / "writers" / "2-aaaaaaaa.lock")
    async with folder.records.active_writers() as active:
        assert len(active) == 1
