"""Every archive keeps the archive's promises; the one on disk keeps a few more."""

import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.archive.archive import FileArchive
from adapters.archive.files import write_durably
from application.ports.archive import Archive
from domain.errors import ArchiveUnavailable, NotFound
from tests.contracts.archive import ArchiveContract, stored
from tests.fakes import PNG, MemoryArchive, job_for


class TestMemoryArchive(ArchiveContract):
    @pytest.fixture
    def archive(self, tmp_path: Path) -> Archive:
        return MemoryArchive()


@pytest.fixture
async def files(tmp_path: Path, anyio_backend: str) -> AsyncIterator[FileArchive]:
    archive = FileArchive(pictures_folder=tmp_path / "pictures", data_folder=tmp_path / "data")
    yield archive
    await archive.close()


@pytest.mark.anyio
class TestFileArchive(ArchiveContract):
    @pytest.fixture
    def archive(self, files: FileArchive) -> Archive:
        return files

    async def test_places_are_absolute_paths_of_files_with_our_names(
        self, files: FileArchive, tmp_path: Path
    ) -> None:
        place = Path(await files.keep(PNG))
        assert place == tmp_path / "pictures" / f"{PNG.id}.png"
        assert place.read_bytes() == PNG.data

    async def test_a_file_that_is_there_is_never_overwritten(
        self, files: FileArchive, tmp_path: Path
    ) -> None:
        place = Path(await files.keep(PNG))
        place.write_bytes(b"the user's own")
        second = Path(await files.keep(PNG))
        assert place.read_bytes() == b"the user's own"
        assert second.read_bytes() == PNG.data

    async def test_a_changed_or_deleted_file_is_not_found_rather_than_wrong(
        self, files: FileArchive
    ) -> None:
        place = Path(await files.keep(PNG))
        await files.record(stored(str(place)))
        place.write_bytes(b"something else")
        with pytest.raises(NotFound, match="moved, changed or deleted"):
            await files.find(PNG.id, owner="local")
        place.unlink()
        with pytest.raises(NotFound, match="moved, changed or deleted"):
            await files.find(PNG.id, owner="local")

    async def test_records_survive_a_restart(self, files: FileArchive, tmp_path: Path) -> None:
        await files.record(stored(await files.keep(PNG)))
        await files.close()
        again = FileArchive(pictures_folder=tmp_path / "pictures", data_folder=tmp_path / "data")
        assert await again.find(PNG.id, owner="local") == PNG
        await again.close()

    async def test_only_the_owner_of_the_account_can_read_records_and_pictures(
        self, files: FileArchive, tmp_path: Path
    ) -> None:
        place = Path(await files.keep(PNG))
        await files.record(stored(str(place)))
        for path, mode in [
            (place, 0o600),
            (place.parent, 0o700),
            (tmp_path / "data", 0o700),
            (tmp_path / "data" / "records.sqlite3", 0o600),
        ]:
            assert path.stat().st_mode & 0o777 == mode, path

    async def test_the_record_is_written_ahead_and_synchronously(
        self, files: FileArchive, tmp_path: Path
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
        archive = FileArchive(
            pictures_folder=tmp_path / "file" / "p", data_folder=tmp_path / "file" / "d"
        )
        with pytest.raises(ArchiveUnavailable, match="could not be written"):
            await archive.keep(PNG)
        with pytest.raises(ArchiveUnavailable, match="could not be recorded"):
            await archive.record(job_for())


def test_a_failure_before_the_rename_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="No space"):
        write_durably(tmp_path, "img_1", "png", PNG.data)
    assert list(tmp_path.iterdir()) == []


def test_a_crash_between_write_and_rename_leaves_no_half_picture_visible(tmp_path: Path) -> None:
    crash = (
        "import os, sys; from pathlib import Path; "
        "from adapters.archive.files import write_durably; "
        "Path.rename = lambda *_: os._exit(9); "
        "write_durably(Path(sys.argv[1]), 'img_1', 'png', bytes(3_000_000))"
    )
    done = subprocess.run([sys.executable, "-c", crash, str(tmp_path)], check=False)
    assert done.returncode == 9
    left = [path.name for path in tmp_path.iterdir()]
    assert len(left) == 1
    assert left[0].startswith(".img_1.")
    assert left[0].endswith(".part")
