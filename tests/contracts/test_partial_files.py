"""Unfinished files are in a folder of their own, so that recovery does not read all names."""

import asyncio
import os
import stat
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.image_store import durable_write, regular_files
from adapters.image_store.durable_write import PARTIALS, write_durably
from adapters.image_store.files import FileImageStore
from tests.testkit.fakes import PNG, small_image

pytestmark = pytest.mark.anyio
RED = small_image("red")
IMAGES = 200
STEM = f"image-{PNG.digest[:8]}"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """The folder of images, which exists."""
    (tmp_path / "images").mkdir()
    return tmp_path / "images"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FileImageStore]:
    store = FileImageStore(
        tmp_path / "images",
        fallback=tmp_path / "rescued",
        quarantine=tmp_path / "quarantine",
        writer=lambda: "1-a",
    )
    yield store
    store.close()


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that are read while folders are searched."""
    names, read = list[str](), regular_files.regular_files

    def note(folder: Path, wanted: Callable[[str], object]) -> Iterator[regular_files.RegularFile]:
        names.extend(path.name for path in folder.glob("*"))
        return read(folder, wanted)

    monkeypatch.setattr("adapters.image_store.partial_files.regular_files", note)
    monkeypatch.setattr("adapters.image_store.file_index.regular_files", note)
    return names


async def test_after_the_first_time_recovery_reads_the_names_of_unfinished_files_only(
    images: Path, store: FileImageStore, listed: list[str]
) -> None:
    for number in range(IMAGES):
        (images / f"other-{number:08x}.png").write_bytes(b"x")
    await store.finish_partial_writes([])
    assert len(listed) == IMAGES
    listed.clear()
    await store.finish_partial_writes([])
    assert listed == []
    (images / PARTIALS).mkdir()
    half = f".{RED.id}.png.2-b.1.part"
    (images / PARTIALS / half).write_bytes(RED.data[:40])
    await store.finish_partial_writes([])
    assert listed == [half]
    assert not (images / PARTIALS).exists()


async def test_a_file_of_an_ended_process_is_finished_whenever_it_is_found(
    images: Path, store: FileImageStore
) -> None:
    for _ in range(2):
        (images / PARTIALS).mkdir()
        (images / PARTIALS / f".{PNG.id}.png.2-b.1.part").write_bytes(PNG.data)
        await store.finish_partial_writes(["2-b"])
        assert (images / PARTIALS).exists()
        await store.finish_partial_writes([])
        assert [*images.iterdir()] == [images / f"{PNG.id}.png"]
        (images / f"{PNG.id}.png").unlink()


async def test_a_file_of_an_earlier_version_is_finished_once_its_process_has_ended(
    images: Path, store: FileImageStore
) -> None:
    beside = images / f".{PNG.id}.png.2-b.1.part"
    beside.write_bytes(PNG.data)
    for _ in range(2):
        await store.finish_partial_writes(["2-b"])
        assert beside.exists()
    await store.finish_partial_writes([])
    assert [*images.iterdir()] == [images / f"{PNG.id}.png"]


UNUSABLE: dict[str, Callable[[Path], object]] = {
    "a file": lambda path: path.write_bytes(b"the user's own"),
    "a FIFO": os.mkfifo,
    "a link to a folder": lambda path: path.symlink_to("/dev/shm"),  # noqa: S108 - not written to
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
}


@pytest.mark.parametrize("make", UNUSABLE.values(), ids=UNUSABLE)
async def test_whatever_lies_at_the_place_of_unfinished_files_costs_no_image(
    make: Callable[[Path], object],
    images: Path,
    store: FileImageStore,
    caplog: pytest.LogCaptureFixture,
) -> None:
    make(images / PARTIALS)
    before = (images / PARTIALS).lstat()
    stored = await store.put(PNG)
    for _ in range(2):  # where PARTIALS cannot be used, others write beside the images, too
        (images / f".{RED.id}.png.2-b.1.part").write_bytes(RED.data)
        await store.finish_partial_writes([])
        (images / f"{RED.id}.png").unlink()
    assert {*images.iterdir()} == {images / PARTIALS, Path(stored.ref)}
    after = (images / PARTIALS).lstat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert caplog.records == []


async def test_a_folder_that_takes_no_files_or_cannot_be_renamed_from_costs_no_image(
    images: Path, store: FileImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, moved, real = list[Path](), list[Path](), Path.rename

    def refuse(path: Path, target: Path) -> Path:
        moved.append(path.parent)
        if path.parent.name == PARTIALS:
            raise OSError(18, "Invalid cross-device link")
        return real(path, target)

    def refuse_open(path: Path, *_: object) -> int:
        opened.append(path.parent)
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        await store.put(PNG)
        patch.setattr("adapters.image_store.durable_write._create_in_partials", refuse_open)
        await store.put(RED)
    assert moved == [images / PARTIALS, images, images]
    assert opened == [images / PARTIALS]
    assert {file.read_bytes() for file in images.iterdir()} == {PNG.data, RED.data}


def test_the_folder_of_images_is_synced_before_the_old_name_and_both_before_it_returns(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partials, synced, sync = images / PARTIALS, list[str](), os.fsync
    partials.mkdir()
    other = partials / f".{RED.id}.png.2-b.1.part"
    other.write_bytes(b"of another writer")

    def note(descriptor: int) -> None:
        status = os.fstat(descriptor)
        names = {partials.stat().st_ino: PARTIALS, images.stat().st_ino: "images"}
        is_complete = [path.name for path in images.glob("*.png")] == ["img_1.png"]
        synced.append(names.get(status.st_ino, "file") + " renamed" * is_complete)
        assert stat.S_ISDIR(status.st_mode) == is_complete
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    write_durably(images, "img_1", "png", PNG.data, writer="w")
    assert synced == ["file", "images renamed", f"{PARTIALS} renamed"]
    assert [*partials.iterdir()] == [other]


def test_an_old_name_that_a_power_cut_brings_back_takes_no_byte_from_the_image(
    images: Path, store: FileImageStore
) -> None:
    path = write_durably(images, STEM, "png", PNG.data, writer="w")
    (images / PARTIALS).mkdir()
    os.link(path, images / PARTIALS / f".{path.stem}.png.w.{PNG.digest[:16]}-00000001.part")
    store._partial_files[0].finish([])
    assert [*images.iterdir()] == [path]
    assert path.read_bytes() == PNG.data


KILLED = """
import os, sys
from pathlib import Path
from adapters.image_store import durable_write

def end(*_):
    os._exit(9)

owner, name = (Path, sys.argv[2][5:]) if sys.argv[2].startswith("Path.") else (os, sys.argv[2])
real, calls = getattr(owner, name), []

def call(*arguments, **options):
    calls.append(1)
    if len(calls) > int(sys.argv[3]):
        end()
    return real(*arguments, **options)

setattr(owner, name, call)
folder, stem, data = Path(sys.argv[1]), sys.argv[4], sys.stdin.buffer.read()
durable_write.write_durably(folder, stem, "png", data, writer="w")
end()
"""
STEPS = [
    ("Path.mkdir", 1, False),
    ("open", 0, False),
    ("fsync", 0, True),
    ("Path.rename", 0, True),
    ("Path.unlink", 0, True),
    ("Path.rmdir", 0, True),
    ("fsync", 1, True),
]


@pytest.mark.parametrize(("step", "calls", "is_kept"), STEPS)
async def test_a_kill_at_any_step_leaves_the_whole_image_or_nothing(
    step: str, calls: int, is_kept: bool, images: Path, store: FileImageStore
) -> None:
    await kill_writer(images, step, calls)
    await store.finish_partial_writes([])
    assert [file.read_bytes() for file in images.iterdir()] == [PNG.data] * is_kept


async def test_no_file_is_written_to_where_recovery_does_not_look(
    images: Path, store: FileImageStore
) -> None:
    elsewhere = images.with_name("elsewhere")
    elsewhere.mkdir()
    (images / PARTIALS).symlink_to(elsewhere)
    await kill_writer(images, "Path.rename", 0)
    await store.finish_partial_writes([])
    assert (images / f"{STEM}.png").read_bytes() == PNG.data
    assert [*elsewhere.iterdir()] == []


async def kill_writer(images: Path, step: str, calls: int) -> None:
    """Write the image in a process that is killed at this step, after so many earlier calls."""
    command = (sys.executable, "-c", KILLED, str(images), step, str(calls), STEM)
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    await process.communicate(PNG.data)
    assert process.returncode == 9


def test_the_folder_is_made_again_if_another_writer_removes_it_meanwhile(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, create = list[Path](), durable_write._create

    def removed_at_first(path: Path) -> int:
        if not tried:
            path.parent.rmdir()
        tried.append(path.parent)
        return create(path)

    monkeypatch.setattr(durable_write, "_create", removed_at_first)
    assert write_durably(images, "img_1", "png", PNG.data, writer="w").exists()
    assert tried == [images / PARTIALS] * 2


def test_many_writers_make_and_remove_the_folder_at_once(images: Path) -> None:
    def write(number: int) -> Path:
        data = PNG.data + str(number).encode()
        return write_durably(images, f"img_{number}", "png", data, writer="w")

    with ThreadPoolExecutor(8) as threads:
        paths = {*threads.map(write, range(IMAGES))}
    assert len(paths) == IMAGES
    assert {*images.iterdir()} == paths
