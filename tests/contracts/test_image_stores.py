"""Every archive keeps the archive's promises; the one on disk keeps a few more."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.records.durable_write import write_durably
from adapters.records.engine import Database
from adapters.records.file_image_store import FileImageStore
from application.ports.image_store import ImageStore
from domain.errors import ArchiveUnavailable, NotFound
from tests.testkit.contracts.image_store import ArchiveContract, stored
from tests.testkit.fakes import PNG, MemoryImageStore, job_for


class TestMemoryImageStore(ArchiveContract):
    @pytest.fixture
    def archive(self, tmp_path: Path) -> ImageStore:
        return MemoryImageStore()


@pytest.fixture
async def files(tmp_path: Path, anyio_backend: str) -> AsyncIterator[FileImageStore]:
    database = Database(tmp_path / "data")
    yield FileImageStore(database, pictures_folder=tmp_path / "pictures")
    await database.close()


@pytest.mark.anyio
class TestFileImageStore(ArchiveContract):
    @pytest.fixture
    def archive(self, files: FileImageStore) -> ImageStore:
        return files

    async def test_places_are_absolute_paths_of_files_with_our_names(
        self, files: FileImageStore, tmp_path: Path
    ) -> None:
        place = Path(await files.put(PNG))
        assert place == tmp_path / "pictures" / f"{PNG.id}.png"
        assert place.read_bytes() == PNG.data

    async def test_a_file_that_is_there_is_never_overwritten(
        self, files: FileImageStore, tmp_path: Path
    ) -> None:
        place = Path(await files.put(PNG))
        place.write_bytes(b"the user's own")
        second = Path(await files.put(PNG))
        assert place.read_bytes() == b"the user's own"
        assert second.read_bytes() == PNG.data

    async def test_a_changed_or_deleted_file_is_not_found_rather_than_wrong(
        self, files: FileImageStore
    ) -> None:
        place = Path(await files.put(PNG))
        await files.record(stored(str(place)))
        place.write_bytes(b"something else")
        with pytest.raises(NotFound, match="moved, changed or deleted"):
            await files.find(PNG.id, owner="local")
        place.unlink()
        with pytest.raises(NotFound, match="moved, changed or deleted"):
            await files.find(PNG.id, owner="local")

    async def test_records_survive_a_restart(self, files: FileImageStore, tmp_path: Path) -> None:
        await files.record(stored(await files.put(PNG)))
        await files._database.close()
        database = Database(tmp_path / "data")
        again = FileImageStore(database, pictures_folder=tmp_path / "pictures")
        assert await again.find(PNG.id, owner="local") == PNG
        await database.close()

    async def test_only_the_owner_of_the_account_can_read_records_and_pictures(
        self, files: FileImageStore, tmp_path: Path
    ) -> None:
        place = Path(await files.put(PNG))
        await files.record(stored(str(place)))
        for path, mode in [
            (place, 0o600),
            (place.parent, 0o700),
            (tmp_path / "data", 0o700),
            (tmp_path / "data" / "records.sqlite3", 0o600),
        ]:
            assert path.stat().st_mode & 0o777 == mode, path

    async def test_the_record_is_written_ahead_and_synchronously(
        self, files: FileImageStore, tmp_path: Path
    ) -> None:
        await files.record(job_for().dispatched())
        with sqlite3.connect(tmp_path / "data" / "records.sqlite3") as connection:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            rows = connection.execute("SELECT id, state, prompt, model FROM jobs").fetchall()
        connection.close()
        assert mode == "wal"
        assert rows == [("job_1", "dispatched", "a red bridge", "fake-1")]

    async def test_a_folder_that_cannot_be_made_is_archive_unavailable(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_bytes(b"")
        database = Database(tmp_path / "file" / "d")
        archive = FileImageStore(database, pictures_folder=tmp_path / "file" / "p")
        with pytest.raises(ArchiveUnavailable, match="could not be kept in"):
            await archive.check_writable()
        with pytest.raises(ArchiveUnavailable, match="could not be written"):
            await archive.put(PNG)
        with pytest.raises(ArchiveUnavailable, match="could not be recorded"):
            await archive.record(job_for())
        await database.close()

    async def test_what_the_pictures_folder_refuses_is_rescued(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        database = Database(tmp_path / "data")
        archive = FileImageStore(database, pictures_folder=tmp_path / "file")
        place = Path(await archive.put(PNG))
        assert place.parent == tmp_path / "data" / "rescued"
        assert place.read_bytes() == PNG.data
        await database.close()

    async def test_too_little_room_is_found_out_before_money_is_spent(
        self, files: FileImageStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = SimpleNamespace(free=1_000_000)
        monkeypatch.setattr("adapters.records.file_image_store.shutil.disk_usage", lambda _: usage)
        with pytest.raises(ArchiveUnavailable, match="No space"):
            await files.check_writable()

    async def test_every_connection_writes_synchronously(self, files: FileImageStore) -> None:
        await files.record(job_for())
        with files._database.records().engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_bytes_are_synced_before_the_rename_and_the_name_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, rename = os.fsync, Path.rename

    def synced(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        done.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    write_durably(tmp_path, "img_1", "png", PNG.data, writer="w")
    assert done == ["file", "rename", "folder"]


def test_many_processes_can_begin_on_one_fresh_folder_at_once(tmp_path: Path) -> None:
    code = (
        "import sys, asyncio; from pathlib import Path; "
        "from adapters.records.file_image_store import FileImageStore; "
        "from adapters.records.engine import Database; "
        "from tests.testkit.fakes import PNG, job_for; "
        "home = Path(sys.argv[1]); "
        "archive = FileImageStore(Database(home / 'd'), pictures_folder=home / 'p'); "
        "sys.stdin.read(); "
        "asyncio.run(archive.record(job_for(id=sys.argv[2]))); "
        "asyncio.run(archive.put(PNG))"
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
    with sqlite3.connect(tmp_path / "d" / "records.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (6,)
    connection.close()
    assert [path.name for path in (tmp_path / "p").iterdir()] == [f"{PNG.id}.png"]


def test_a_failure_before_the_rename_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="No space"):
        write_durably(tmp_path, "img_1", "png", PNG.data, writer="w")
    assert list(tmp_path.iterdir()) == []


def test_a_crash_between_write_and_rename_leaves_no_half_picture_visible(tmp_path: Path) -> None:
    crash = (
        "import os, sys; from pathlib import Path; "
        "from adapters.records.durable_write import write_durably; "
        "Path.rename = lambda *_: os._exit(9); "
        "write_durably(Path(sys.argv[1]), 'img_1', 'png', bytes(3_000_000), writer='w')"
    )
    done = subprocess.run([sys.executable, "-c", crash, str(tmp_path)], check=False)
    assert done.returncode == 9
    left = [path.name for path in tmp_path.iterdir()]
    assert len(left) == 1
    assert left[0].startswith(".img_1.")
    assert left[0].endswith(".part")
