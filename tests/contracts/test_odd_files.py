"""Whatever lies at the name of an image, and is no image of the store, is never read or removed."""

import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.cache.disk import DiskCache
from adapters.image_store.files import FileImageStore
from adapters.image_store.regular_files import MAX_BYTES
from application.ports.image_cache import CacheEntry
from tests.contracts.disk_folder import files
from tests.testkit.fakes import PNG, small_image

pytestmark = pytest.mark.anyio
SPARSE_BYTES = 20_000_000_000
RED = small_image("red")


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(SPARSE_BYTES)


def linked(path: Path) -> None:
    target = path.with_name("elsewhere.png")
    target.write_bytes(PNG.data)
    path.symlink_to(target)


ODD: dict[str, Callable[[Path], object]] = {
    "a FIFO": os.mkfifo,
    "a sparse file": sparse,
    "a folder": Path.mkdir,
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to the same bytes": linked,
}
odd_files = pytest.mark.parametrize("make", ODD.values(), ids=ODD)


@pytest.fixture
def store(tmp_path: Path) -> FileImageStore:
    return FileImageStore(
        tmp_path / "images",
        fallback=tmp_path / "rescued",
        quarantine=tmp_path / "quarantine",
        writer=lambda: "1-a",
    )


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """The path of the image, in a folder that exists."""
    (tmp_path / "images").mkdir()
    return tmp_path / "images" / f"image-{PNG.digest[:8]}.png"


@odd_files
async def test_an_odd_file_is_not_the_image(
    make: Callable[[Path], object], odd: Path, store: FileImageStore
) -> None:
    make(odd)
    tracemalloc.start()
    assert await store.get(str(odd)) is None
    assert await store.get(str(odd), size=len(PNG.data)) is None
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@odd_files
async def test_an_odd_file_is_neither_overwritten_nor_deleted(
    make: Callable[[Path], object], odd: Path, store: FileImageStore
) -> None:
    make(odd)
    before = odd.lstat()
    stored = await store.put(PNG)
    assert stored.ref == str(odd.with_stem(f"{odd.stem}-2"))
    assert await store.get(stored.ref) == PNG
    assert await store.sizes([str(odd), stored.ref]) == {str(odd): 0, stored.ref: len(PNG.data)}
    assert await store.delete([str(odd), stored.ref]) == len(PNG.data)
    after = odd.lstat()
    assert (after.st_ino, after.st_mode, after.st_size) == (
        before.st_ino,
        before.st_mode,
        before.st_size,
    )


@odd_files
async def test_an_odd_partial_file_stays_and_stops_no_recovery(
    make: Callable[[Path], object], odd: Path, store: FileImageStore
) -> None:
    make(odd.with_name(f".{PNG.id}.png.2-b.1.part"))
    complete = odd.with_name(f".{RED.id}.png.2-b.1.part")
    complete.write_bytes(RED.data)
    await store.finish_partial_writes(["1-a"])
    assert await store.get(str(odd.with_name(f"{RED.id}.png"))) == RED
    assert os.path.lexists(odd.with_name(f".{PNG.id}.png.2-b.1.part"))


async def test_bytes_of_another_size_are_not_read(odd: Path, store: FileImageStore) -> None:
    await store.put(PNG)
    assert await store.get(str(odd), size=len(PNG.data)) == PNG
    assert await store.get(str(odd), size=len(PNG.data) + 1) is None
    with odd.open("ab") as file:
        file.truncate(MAX_BYTES + 1)
    assert await store.get(str(odd)) is None


async def test_a_ref_that_is_no_path_has_no_image(store: FileImageStore) -> None:
    assert await store.get("/a\0b") is None
    assert await store.delete(["/a\0b"]) == 0


@pytest.mark.parametrize("name", ["a FIFO", "a link to a device", "a folder"])
async def test_an_odd_file_in_the_cache_is_a_miss(name: str, tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "cache", 10_000_000, 60)
    await cache.put("key", CacheEntry(images=(PNG,), facts={}))
    (file,) = files(tmp_path)
    file.unlink()
    ODD[name](file)
    assert await cache.get("key") is None
    await cache.put("key", CacheEntry(images=(RED,), facts={}))
    assert await cache.get("key") is not None
    await cache.sweep()
    await cache.close()
