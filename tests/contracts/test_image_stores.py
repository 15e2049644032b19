"""Every image store fulfills its port's contract; the file store has more tests."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.image_store.durable_write import write_durably
from adapters.image_store.files import FileImageStore
from application.ports.image_store import ImageStore
from domain.errors import ArchiveUnavailable
from tests.testkit.contracts.image_store import RED, ImageStoreContract
from tests.testkit.fakes import PNG, MemoryImageStore, small_image


class TestMemoryImageStore(ImageStoreContract):
    @pytest.fixture
    def store(self) -> ImageStore:
        return MemoryImageStore()

    @pytest.fixture
    def other(self, store: ImageStore) -> ImageStore:
        return store


def files_in(home: Path, *, writer: str = "this") -> FileImageStore:
    """A store below `home`."""
    return FileImageStore(
        home / "images",
        fallback=home / "data" / "rescued",
        quarantine=home / "data" / "quarantine",
        writer=lambda: writer,
    )


@pytest.mark.anyio
class TestFileImageStore(ImageStoreContract):
    @pytest.fixture
    def store(self, files: FileImageStore) -> ImageStore:
        return files

    @pytest.fixture
    def files(self, tmp_path: Path) -> FileImageStore:
        return files_in(tmp_path)

    @pytest.fixture
    def other(self, tmp_path: Path) -> ImageStore:
        return files_in(tmp_path, writer="other")

    async def test_refs_are_absolute_paths_of_files_named_after_the_title_and_the_image(
        self, files: FileImageStore, tmp_path: Path
    ) -> None:
        stored = await files.put(PNG, title="A red bridge.")
        assert Path(stored.ref) == tmp_path / "images" / f"red-bridge-{PNG.digest[:8]}.png"
        assert stored.local_path == stored.ref
        assert Path(stored.ref).read_bytes() == PNG.data

    async def test_an_existing_file_is_never_overwritten(self, files: FileImageStore) -> None:
        first = Path((await files.put(PNG)).ref)
        first.write_bytes(b"the user's own")
        second = Path((await files.put(PNG)).ref)
        assert first.read_bytes() == b"the user's own"
        assert second.read_bytes() == PNG.data
        assert await files.delete([str(first), str(second)]) == len(PNG.data)
        assert first.read_bytes() == b"the user's own"

    async def test_a_rendition_is_named_after_its_image(self, files: FileImageStore) -> None:
        rendition = small_image("teal", form="WEBP")
        image = await files.put(PNG, title="a bridge")
        stored = await files.put(rendition, derived_from=image.ref)
        assert Path(stored.ref) == Path(image.ref).with_suffix(".webp")

    async def test_files_with_other_names_are_not_deleted(self, files: FileImageStore) -> None:
        folder = Path((await files.put(PNG)).ref).parent
        own, alike, hidden = (
            folder / name
            for name in ("holiday.png", f"image-{PNG.digest[:9]}.png", f".{PNG.id}.png.part")
        )
        for file in (own, alike, hidden):
            file.write_bytes(b"the user's own")
        for ref in (str(own), str(alike), str(folder), str(folder / f"image-{PNG.digest[:8]}.png")):
            await files.delete([ref])
        assert {*folder.iterdir()} == {own, alike, hidden}

    async def test_renditions_of_an_image_in_another_folder_are_deleted_with_it(
        self, files: FileImageStore, tmp_path: Path
    ) -> None:
        before = FileImageStore(
            tmp_path / "before", fallback=tmp_path, quarantine=tmp_path, writer=lambda: "this"
        )
        stored = await before.put(PNG)
        rendition = await files.put(small_image("teal", form="WEBP"), derived_from=stored.ref)
        await files.trash([stored.ref])
        assert not Path(rendition.ref).exists()
        await files.restore([stored.ref])
        assert await files.get(rendition.ref) == small_image("teal", form="WEBP")
        await files.delete([stored.ref])
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]

    async def test_only_the_users_account_can_read_images(self, files: FileImageStore) -> None:
        path = Path((await files.put(PNG)).ref)
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700

    async def test_a_folder_that_cannot_be_created_is_archive_unavailable(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_bytes(b"")
        files = files_in(tmp_path / "file")
        with pytest.raises(ArchiveUnavailable, match="cannot be stored in"):
            await files.check_writable()
        with pytest.raises(ArchiveUnavailable, match="could not be written"):
            await files.put(PNG)
        with pytest.raises(ArchiveUnavailable, match="could not be written to"):
            await files.quarantine(b"", job_id="job_1")

    async def test_an_image_that_the_folder_rejects_is_stored_in_the_fallback_folder(
        self, files: FileImageStore, tmp_path: Path
    ) -> None:
        (tmp_path / "images").write_bytes(b"")
        path = Path((await files.put(PNG)).ref)
        assert path.parent == tmp_path / "data" / "rescued"
        assert path.read_bytes() == PNG.data

    async def test_too_little_disk_space_is_detected_before_spending(
        self, files: FileImageStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = SimpleNamespace(free=1_000_000, total=8_000_000)
        monkeypatch.setattr("adapters.image_store.files.shutil.disk_usage", lambda _: usage)
        with pytest.raises(ArchiveUnavailable, match="No space"):
            await files.check_writable()

    @pytest.mark.parametrize("folder", ["images", "data/rescued"])
    async def test_partial_files_of_ended_processes_are_completed_or_deleted(
        self, files: FileImageStore, tmp_path: Path, folder: str
    ) -> None:
        target = tmp_path / folder
        target.mkdir(parents=True)
        (target / f".{PNG.id}.png.ended.00000001.part").write_bytes(PNG.data)
        (target / f".{RED.id}.png.ended.00000002.part").write_bytes(RED.data[:40])
        mine = target / f".{RED.id}.png.running.00000003.part"
        mine.write_bytes(b"still being written")
        await files.finish_partial_writes({"running"})
        assert {*target.iterdir()} == {mine, target / f"{PNG.id}.png"}
        assert (target / f"{PNG.id}.png").read_bytes() == PNG.data


def test_the_file_is_synced_before_the_rename_and_the_folder_after_it(
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


def test_a_failure_before_the_rename_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="No space"):
        write_durably(tmp_path, "img_1", "png", PNG.data, writer="w")
    assert list(tmp_path.iterdir()) == []


def test_a_crash_between_write_and_rename_leaves_no_incomplete_image(tmp_path: Path) -> None:
    crash = (
        "import os, sys; from pathlib import Path; "
        "from adapters.image_store.durable_write import write_durably; "
        "Path.rename = lambda *_: os._exit(9); "
        "write_durably(Path(sys.argv[1]), 'img_1', 'png', bytes(3_000_000), writer='w')"
    )
    done = subprocess.run([sys.executable, "-c", crash, str(tmp_path)], check=False)
    assert done.returncode == 9
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert len(left) == 1
    assert left[0].startswith(".img_1.")
    assert left[0].endswith(".part")
