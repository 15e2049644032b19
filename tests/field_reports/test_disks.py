"""Disks of real users: shares, mounts of another user, folders that cannot be synced."""

import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from errno import EDQUOT, EINVAL, EIO, ENOLCK, ENOSYS, ENOTSUP
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace

import pytest

from adapters.image_store import durable_write
from application.safeguards.archiving import Archiving
from domain.errors import ArchiveUnavailable
from tests.contracts.data_folder import DataFolder
from tests.testkit.fakes import PNG, FakeProvider, job_for
from tests.unit.results import delivered

pytestmark = pytest.mark.anyio
USER = 65_534
Patch = pytest.MonkeyPatch


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that every user may enter, unlike those of pytest."""
    folder = Path(mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def user() -> Iterator[int]:
    """The process as a user without rights; root may write everywhere."""
    if os.geteuid() != 0:
        yield os.geteuid()
        return
    os.seteuid(USER)
    try:
        yield USER
    finally:
        os.seteuid(0)


def no_folder_sync(error: int) -> Callable[[Patch], None]:
    """A file system that syncs files, but fails for folders."""

    def patch(monkeypatch: Patch) -> None:
        sync = os.fsync

        def fsync(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(error, os.strerror(error))
            sync(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)

    return patch


def no_sync(error: int) -> Callable[[Patch], None]:
    """A file system that cannot sync at all."""

    def patch(monkeypatch: Patch) -> None:
        def fsync(_: int) -> None:
            raise OSError(error, os.strerror(error))

        monkeypatch.setattr(os, "fsync", fsync)

    return patch


def no_sizes(monkeypatch: Patch) -> None:
    """A share that states no size and no free space."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=0, free=0))


UNUSUAL_DISKS = {
    "folder-einval": (no_folder_sync(EINVAL), True),
    "folder-enotsup": (no_folder_sync(ENOTSUP), True),
    "folder-eio": (no_folder_sync(EIO), True),
    "files-einval": (no_sync(EINVAL), True),
    "files-enosys": (no_sync(ENOSYS), True),
    "no-sizes": (no_sizes, False),
}


@pytest.mark.parametrize(("patch", "warns"), UNUSUAL_DISKS.values(), ids=UNUSUAL_DISKS)
async def test_an_unusual_disk_has_one_file_at_the_path_that_is_told(
    tmp_path: Path,
    monkeypatch: Patch,
    caplog: pytest.LogCaptureFixture,
    patch: Callable[[Patch], None],
    warns: bool,
) -> None:
    durable_write._warn.cache_clear()
    folder = DataFolder(tmp_path)
    await folder.records.save(job_for())  # SQLite syncs with its own calls
    patch(monkeypatch)
    await folder.images.check_writable()
    places = {(await folder.images.put(PNG)).ref for _ in range(2)}
    await folder.close()
    (place,) = places
    assert Path(place).parent == folder.folder
    assert [*map(str, tmp_path.rglob("*.png"))] == [place]
    assert Path(place).read_bytes() == PNG.data
    assert [*tmp_path.rglob(".*")] == []
    warnings = [record.getMessage() for record in caplog.records]
    assert [str(folder.folder) in warning for warning in warnings] == [True] * warns


async def test_a_disk_that_fails_to_write_is_no_disk_that_cannot_sync(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    folder = DataFolder(tmp_path)
    no_sync(EIO)(monkeypatch)
    with pytest.raises(ArchiveUnavailable, match="Input/output error"):
        await folder.images.put(PNG)
    folder.images.close()
    assert [*tmp_path.rglob("*.png")] == []


def fails(error: int) -> Callable[..., None]:
    """A system call that always fails with this error number."""

    def call(*_: object) -> None:
        raise OSError(error, os.strerror(error))

    return call


@pytest.mark.parametrize("error", [ENOLCK, ENOTSUP], ids=["F35-enolck", "enotsup"])
async def test_records_on_a_share_without_locks_are_refused_with_a_way_out(
    tmp_path: Path, monkeypatch: Patch, error: int
) -> None:
    monkeypatch.setattr(fcntl, "flock", fails(error))
    folder = DataFolder(tmp_path)
    with pytest.raises(ArchiveUnavailable) as refused:
        await folder.records.check_writable()
    assert os.strerror(error) in refused.value.message
    assert refused.value.hint == (
        "The file system has no file locks. Set DATA_DIR to a folder on a local disk."
    )


@pytest.mark.filterwarnings("ignore:.*flock.*")
async def test_records_where_flock_is_not_implemented_work(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    monkeypatch.setattr(fcntl, "flock", fails(ENOSYS))
    here, there = DataFolder(tmp_path), DataFolder(tmp_path)
    await here.records.save(job_for().dispatched())
    assert await there.recover() == 0
    await here.close()
    await there.close()


async def test_a_full_quota_says_to_free_space(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", fails(EDQUOT))
    folder = DataFolder(tmp_path)
    with pytest.raises(ArchiveUnavailable, match="quota") as refused:
        await folder.records.check_writable()
    assert refused.value.hint == "Free up disk space."
    await folder.close()


NO_SHARED_MEMORY = {"F35-new": False, "F35-existing": True}


@pytest.mark.parametrize("existing", NO_SHARED_MEMORY.values(), ids=NO_SHARED_MEMORY)
async def test_records_without_shared_memory_use_a_rollback_journal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, existing: bool
) -> None:
    if existing:
        before = DataFolder(tmp_path)
        await before.records.save(replace(job_for(), id="job_0").dispatched())
        await before.close()
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "records.sqlite3-shm").mkdir()
    here, there = DataFolder(tmp_path), DataFolder(tmp_path)
    await delivered(Archiving(FakeProvider(), here.images, here.records))
    assert await there.records.recent(owner="local", limit=9) != []
    if existing:
        assert (await there.record("job_0")).is_open
    assert here.sql("PRAGMA journal_mode") == [("delete",)]
    assert "DATA_DIR" in caplog.records[0].getMessage()
    await here.close()
    await there.close()


def unwritable_data(folder: DataFolder) -> Path:
    """DATA_DIR belongs to another user."""
    folder.data.mkdir(mode=0o555)
    return folder.data


def unwritable_records(folder: DataFolder) -> Path:
    """The database belongs to another user, the folder does not."""
    folder.data.mkdir()
    folder.data.chmod(0o777)
    folder.file.touch(0o444)
    return folder.data


def unwritable_images(folder: DataFolder) -> Path:
    """OUTPUT_DIR belongs to another user."""
    folder.folder.mkdir(mode=0o555)
    return folder.folder


def missing_images(folder: DataFolder) -> Path:
    """OUTPUT_DIR does not exist, and the folder around it belongs to another user."""
    return folder.folder


MOUNTS = {
    "F16-data": (unwritable_data, "DATA_DIR"),
    "F16-records": (unwritable_records, "DATA_DIR"),
    "F16-images": (unwritable_images, "OUTPUT_DIR"),
    "missing-images": (missing_images, "OUTPUT_DIR"),
}


@pytest.mark.parametrize(("prepare", "setting"), MOUNTS.values(), ids=MOUNTS)
async def test_a_folder_of_another_user_is_named_with_the_setting_and_the_user(
    home: Path, request: pytest.FixtureRequest, prepare: Callable[[DataFolder], Path], setting: str
) -> None:
    folder = DataFolder(home)
    named = prepare(folder)
    if setting == "OUTPUT_DIR":
        folder.data.mkdir()
        folder.data.chmod(0o777)
    home.chmod(0o555 if setting == "OUTPUT_DIR" else 0o777)
    user = request.getfixturevalue("user")
    provider = FakeProvider()
    with pytest.raises(ArchiveUnavailable) as refused:
        await delivered(Archiving(provider, folder.images, folder.records))
    error = refused.value
    assert str(named) in error.message
    assert f"User {user} cannot write to {setting}." in error.hint
    assert f'chown -R {user} "{named}"' in error.hint
    assert provider.seen == []
