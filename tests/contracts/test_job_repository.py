"""Every job repository fulfills its port's contract; the SQL repository has more tests."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from adapters.records import schema
from application.ports.job_repository import JobRepository
from domain.errors import ArchiveUnavailable, ChargeStatus
from domain.jobs import JobState
from domain.money.estimates import CallKind
from domain.results import ResultImage
from tests.contracts.data_folder import DataFolder
from tests.testkit.contracts.abandoned_jobs import AbandonedJobsContract
from tests.testkit.contracts.first_attempts import FirstAttemptsContract
from tests.testkit.contracts.image_lists import ImageListsContract
from tests.testkit.contracts.image_records import ImageRecordsContract
from tests.testkit.contracts.job_repository import JobRepositoryContract, reserve
from tests.testkit.contracts.trash_records import TrashRecordsContract
from tests.testkit.fakes import PNG, MemoryJobRepository, job_for

pytestmark = pytest.mark.anyio


class TestMemoryJobRepository(
    JobRepositoryContract,
    AbandonedJobsContract,
    FirstAttemptsContract,
    ImageRecordsContract,
    ImageListsContract,
    TrashRecordsContract,
):
    @pytest.fixture
    def records(self) -> MemoryJobRepository:
        return MemoryJobRepository()

    @pytest.fixture
    def other(self, records: JobRepository) -> JobRepository:
        assert isinstance(records, MemoryJobRepository)
        return MemoryJobRepository(writer="other", beside=records)


class TestSqlJobRepository(
    JobRepositoryContract,
    AbandonedJobsContract,
    FirstAttemptsContract,
    ImageRecordsContract,
    ImageListsContract,
    TrashRecordsContract,
):
    @pytest.fixture
    def records(self, here: DataFolder) -> JobRepository:
        return here.records

    @pytest.fixture
    def other(self, there: DataFolder) -> JobRepository:
        return there.records


async def test_records_and_images_survive_a_restart(here: DataFolder, tmp_path: Path) -> None:
    await here.records.save(job_for(id="job_reserved"))
    image = ResultImage(image=PNG, stored=await here.images.put(PNG))
    await here.records.save(job_for().dispatched().stored((image,)))
    await here.close()
    again = DataFolder(tmp_path)
    assert (await again.record("job_reserved")).state is JobState.RESERVED
    assert await again.library.find(PNG.id, owner="local") == PNG
    await again.close()


@pytest.mark.parametrize(
    "damage",
    ["UPDATE jobs SET created_at = '9999-never'", "UPDATE jobs SET changed_at = 'never'"],
)
async def test_a_job_with_a_damaged_time_took_no_known_time(here: DataFolder, damage: str) -> None:
    image = ResultImage(image=PNG, stored=await here.images.put(PNG))
    job = job_for().dispatched().stored((image,))
    await here.records.save(job)
    kind, since = CallKind.of(job), job.created_at - timedelta(days=1)
    assert len(await here.records.durations(kind, since=since, limit=9)) == 1
    here.sql(damage)
    assert not await here.records.durations(kind, since=since, limit=9)


async def test_only_the_users_account_can_read_the_records(here: DataFolder) -> None:
    await here.records.save(job_for())
    assert here.data.stat().st_mode & 0o777 == 0o700
    assert here.file.stat().st_mode & 0o777 == 0o600


async def test_the_record_is_written_ahead_and_synchronously(here: DataFolder) -> None:
    await here.records.save(job_for().dispatched())
    assert here.sql("PRAGMA journal_mode") == [("wal",)]
    assert here.sql("SELECT id, state, prompt, model FROM jobs") == [
        ("job_1", "dispatched", "a red bridge", "fake-1")
    ]
    with here.database.records().engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


async def test_a_folder_that_cannot_be_created_is_archive_unavailable(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    folder = DataFolder(tmp_path)
    with pytest.raises(ArchiveUnavailable, match="could not be recorded"):
        await folder.records.save(job_for())
    with pytest.raises(ArchiveUnavailable, match="could not be recorded"):
        await reserve(folder.records, job_for())
    with pytest.raises(ArchiveUnavailable, match="could not be read"):
        await folder.records.get("job_1", owner="local")
    await folder.close()


async def test_deletion_in_an_unusable_folder_is_archive_unavailable(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    folder = DataFolder(tmp_path)
    with pytest.raises(ArchiveUnavailable, match="could not be changed"):
        await folder.library.delete([])
    await folder.close()


async def test_a_held_write_lock_is_released_even_if_all_threads_wait_for_it(
    here: DataFolder,
) -> None:
    await here.records.save(job_for())
    async with here.records.image_references([]):
        saves = [
            asyncio.ensure_future(here.records.save(job_for(id=f"job_{number}")))
            for number in range(8)
        ]
        await asyncio.wait(saves, timeout=0.2)
    await asyncio.wait_for(asyncio.gather(*saves), 10)


async def test_a_closed_process_leaves_no_lock(here: DataFolder) -> None:
    await here.records.save(job_for())
    await here.close()
    assert [path.name for path in (here.data / "writers").iterdir()] == ["door.lock"]


async def test_recovery_without_records_creates_nothing(here: DataFolder, tmp_path: Path) -> None:
    assert await here.recover() == 0
    assert [*tmp_path.iterdir()] == []


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.contracts.data_folder import DataFolder
from tests.testkit.fakes import PNG, job_for, small_image

async def main():
    folder = DataFolder(Path(sys.argv[1]))
    await folder.records.save(job_for(id="job_reserved"))
    await folder.records.save(job_for(id="job_sent").dispatched())
    await folder.records.save(job_for(id="job_done").dispatched().stored(()))
    writer = folder.database.writer()
    folder.folder.mkdir()
    (folder.folder / f".{PNG.id}.png.{writer}.00000001.part").write_bytes(PNG.data)
    half = small_image("red")
    (folder.folder / f".{half.id}.png.{writer}.00000002.part").write_bytes(half.data[:40])
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_jobs_and_files_of_a_killed_process_are_settled(
    here: DataFolder, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, str(tmp_path))
    assert await process.wait() == -signal.SIGKILL
    assert len([*here.data.glob("writers/*-*.lock")]) == 1
    mine = here.folder / f".{PNG.id}.png.{here.database.writer()}.00000003.part"
    mine.write_bytes(b"still being written")

    assert await here.recover() == 2
    ended = [await here.record(f"job_{name}") for name in ("reserved", "sent", "done")]
    assert [record.state for record in ended] == [
        JobState.FAILED,
        JobState.UNKNOWN,
        JobState.STORED,
    ]
    reserved, sent = ended[0].failure, ended[1].failure
    assert sent is not None
    assert (sent.code, sent.charged) == ("outcome_unknown", ChargeStatus.MAYBE)
    assert reserved is not None
    assert (reserved.code, reserved.charged) == ("canceled", ChargeStatus.NO)
    assert {path.name for path in here.folder.iterdir()} == {mine.name, f"{PNG.id}.png"}
    assert (here.folder / f"{PNG.id}.png").read_bytes() == PNG.data
    assert len([*here.data.glob("writers/*-*.lock")]) == 1
    assert await here.recover() == 0


async def test_jobs_stay_open_if_the_files_cannot_be_recovered(
    here: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, str(tmp_path))
    await process.wait()

    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr("adapters.image_store.files.PartialFiles.finish", refuse)
        with pytest.raises(ArchiveUnavailable):
            await here.recover()
    assert (await here.record("job_sent")).is_open
    assert await here.recover() == 2


def test_many_processes_can_start_on_a_new_folder_concurrently(tmp_path: Path) -> None:
    code = (
        "import sys, asyncio; from pathlib import Path; "
        "from tests.contracts.data_folder import DataFolder; "
        "from tests.testkit.fakes import PNG, job_for; "
        "folder = DataFolder(Path(sys.argv[1])); "
        "sys.stdin.read(); "
        "asyncio.run(folder.records.save(job_for(id=sys.argv[2]))); "
        "asyncio.run(folder.images.put(PNG))"
    )
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), f"job_{number}"], stdin=subprocess.PIPE
        )
        for number in range(6)
    ]
    for process in starting:
        process.communicate(b"")
    assert [process.returncode for process in starting] == [0] * 6
    with closing(sqlite3.connect(tmp_path / "data" / "records.sqlite3")) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (6,)
    assert [path.name for path in (tmp_path / "images").iterdir()] == [
        f"image-{PNG.digest[:8]}.png"
    ]


async def test_the_beginning_of_an_id_is_searched_in_an_index(here: DataFolder) -> None:
    await here.records.save(job_for())
    sent: list[tuple[str, Any]] = []

    @event.listens_for(here.database.records().engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, sql: str, values: Any, *_: object) -> None:  # noqa: ANN401 - as SQLAlchemy has it
        if " BETWEEN " in sql:
            sent.append((sql, values))

    await here.records.images_by_prefix("img_0a", owner="local", limit=9)
    await here.records.by_prefix("job_0a", owner="local", limit=9)
    (images, of_images), (jobs, of_jobs) = sent
    plan = here.sql(f"EXPLAIN QUERY PLAN {images}", *of_images)
    column = schema.images.c.image_id.name
    assert f"_{column} ({column}>? AND {column}<?)" in plan[0][3]
    plan = here.sql(f"EXPLAIN QUERY PLAN {jobs}", *of_jobs)
    assert "USING INDEX sqlite_autoindex_jobs_1 (id>? AND id<?)" in plan[0][3]
