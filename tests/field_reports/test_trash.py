"""Deleted images come back, whatever door they left by and wherever a process was killed."""

from collections.abc import AsyncIterator, Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from application.image_trash import ImageTrash
from application.use_cases.empty_trash import EmptyTrash
from domain.errors import ArchiveUnavailable, NotFound
from domain.job_records import OwnedImage
from domain.requests import GenerateRequest
from domain.results import ResultImage
from tests.contracts.data_folder import DataFolder
from tests.testkit.fakes import PNG, FrozenClock, job_for, small_image

MINE, THEIRS = OwnedImage(PNG.id, "local"), OwnedImage(PNG.id, "other")
RENDITION = small_image("red", form="WEBP")
SIZE = len(PNG.data) + len(RENDITION.data)
REQUEST = GenerateRequest(prompt="a red bridge", size=PNG.dimensions)


class Killed(BaseException):
    """The process ends here."""


class Shop:
    """A folder with one image and a rendition of it, and processes that work on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.clock = FrozenClock()
        self.folders: list[DataFolder] = []

    def process(self) -> tuple[DataFolder, ImageTrash]:
        """Another process on the folder."""
        folder = DataFolder(self.home)
        self.folders.append(folder)
        return folder, ImageTrash(folder.library, self.clock, days=7)

    async def stock(self, folder: DataFolder, *owners: str) -> None:
        """Record the image for these owners."""
        stored = await folder.images.put(PNG, title="a red bridge")
        await folder.images.put(RENDITION, derived_from=stored.ref)
        for owner in owners:
            job = job_for(id=f"job_{owner}", owner=owner).dispatched()
            await folder.records.save(job.stored((ResultImage(image=PNG, stored=stored),)))

    def files(self) -> dict[str, bytes]:
        """All images of the folder by their paths, in the trash and outside it."""
        folder = self.home / "images"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*p*")}


@pytest.fixture
async def shop(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    for folder in shop.folders:
        await folder.close()


def dies_before(store: Any, method: str, error: BaseException) -> None:  # noqa: ANN401 - a store with any method replaced
    """Make the process end before this call of the store."""

    async def die(*_: object) -> None:
        raise error

    setattr(store, method, die)


def dies_after(store: Any, method: str, error: BaseException) -> None:  # noqa: ANN401 - a store with any method replaced
    """Make the process end right after this call of the store."""
    real = getattr(store, method)

    async def work_and_die(refs: Collection[str]) -> None:
        await real(refs)
        raise error

    setattr(store, method, work_and_die)


Fails = Callable[[Any, str, BaseException], None]
EVERYWHERE = pytest.mark.parametrize("fails", [dies_before, dies_after])


@pytest.mark.anyio
@EVERYWHERE
async def test_a_process_that_dies_in_a_deletion_loses_nothing(shop: Shop, fails: Fails) -> None:
    folder, trash = shop.process()
    await shop.stock(folder, "local")
    before = shop.files()
    fails(folder.images, "trash", Killed())
    with pytest.raises(Killed):
        await trash.delete([MINE])
    other, its_trash = shop.process()
    with pytest.raises(NotFound, match="in the trash"):
        await other.library.find(PNG.id, owner="local")
    await EmptyTrash(its_trash).expired()
    assert {name.partition("/")[0] for name in shop.files()} == {".trash"}
    assert [each.bytes for each in await its_trash.entries()] == [SIZE]
    assert await its_trash.restore([MINE])
    assert await other.library.find(PNG.id, owner="local") == PNG
    assert shop.files() == before


@pytest.mark.anyio
@EVERYWHERE
async def test_a_process_that_dies_in_a_restoration_loses_nothing(shop: Shop, fails: Fails) -> None:
    folder, trash = shop.process()
    await shop.stock(folder, "local")
    before = shop.files()
    await trash.delete([MINE])
    fails(folder.images, "restore", Killed())
    with pytest.raises(Killed):
        await trash.restore([MINE])
    other, its_trash = shop.process()
    await EmptyTrash(its_trash).expired()
    assert {name.partition("/")[0] for name in shop.files()} == {".trash"}
    await its_trash.restore([MINE])
    assert await other.library.find(PNG.id, owner="local") == PNG
    assert shop.files() == before


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["trash", "empty_trash"])
@EVERYWHERE
async def test_a_process_that_dies_while_it_empties_the_trash_leaves_nothing_behind(
    shop: Shop, fails: Fails, method: str
) -> None:
    folder, trash = shop.process()
    await shop.stock(folder, "local")
    await trash.delete([MINE])
    shop.clock.time += timedelta(days=7)
    fails(folder.images, method, Killed())
    with pytest.raises(Killed):
        await EmptyTrash(trash).expired()
    _, its_trash = shop.process()
    await EmptyTrash(its_trash).expired()
    assert shop.files() == {}
    assert await its_trash.entries() == []


@pytest.mark.anyio
@EVERYWHERE
async def test_a_deletion_whose_bytes_cannot_be_moved_is_undone(shop: Shop, fails: Fails) -> None:
    folder, trash = shop.process()
    await shop.stock(folder, "local")
    before = shop.files()
    fails(folder.images, "trash", ArchiveUnavailable("The disk is broken."))
    with pytest.raises(ArchiveUnavailable, match="broken"):
        await trash.delete([MINE])
    assert await folder.library.find(PNG.id, owner="local") == PNG
    assert shop.files() == before
    assert await trash.entries() == []


@pytest.mark.anyio
async def test_the_bytes_of_two_owners_stay_until_the_last_of_them_lets_go(shop: Shop) -> None:
    folder, trash = shop.process()
    await shop.stock(folder, "local", "other")
    before = shop.files()
    assert (await trash.delete([MINE])).bytes == 0
    await trash.mend()
    assert shop.files() == before
    assert (await trash.delete([THEIRS])).bytes == SIZE
    assert [each.image for each in await trash.restore([MINE])] == [MINE]
    assert shop.files() == before
    await trash.empty([THEIRS])
    assert await folder.library.find(PNG.id, owner="local") == PNG
    await trash.delete([MINE])
    await trash.empty([MINE])
    assert shop.files() == {}


@pytest.mark.anyio
async def test_an_image_in_two_trashes_stays_until_both_are_emptied(shop: Shop) -> None:
    folder, trash = shop.process()
    await shop.stock(folder, "local", "other")
    await trash.delete([MINE, THEIRS])
    assert (await trash.empty([MINE])).bytes == 0
    assert await trash.restore([THEIRS])
    assert await folder.library.find(PNG.id, owner="other") == PNG


@pytest.mark.anyio
async def test_an_image_generated_again_outlives_its_copy_in_the_trash(shop: Shop) -> None:
    folder, trash = shop.process()
    await shop.stock(folder, "local")
    await trash.delete([MINE])
    await shop.stock(folder, "local")
    await trash.empty([MINE])
    assert await folder.library.find(PNG.id, owner="local") == PNG


@pytest.mark.anyio
async def test_an_image_whose_bytes_got_into_the_trash_without_it_is_found(shop: Shop) -> None:
    folder, _ = shop.process()
    await shop.stock(folder, "local")
    (stored,) = await folder.records.image_refs(MINE)
    await folder.images.trash([stored.ref])
    assert await folder.library.find(PNG.id, owner="local") == PNG
    assert Path(stored.ref).read_bytes() == PNG.data


DAYS = [
    (7, timedelta(days=6, hours=23), 1),
    (7, timedelta(days=7), 0),
    (0, timedelta(), 0),
    (1, timedelta(hours=23), 1),
    (1, timedelta(days=2), 0),
    (3650, timedelta(days=3000), 1),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("days", "after", "left"), DAYS)
async def test_the_trash_keeps_an_image_for_its_days(
    shop: Shop, days: int, after: timedelta, left: int
) -> None:
    folder, _ = shop.process()
    trash = ImageTrash(folder.library, shop.clock, days=days)
    await shop.stock(folder, "local")
    deleted = await trash.delete([MINE])
    assert (deleted.until is None) == (days == 0)
    shop.clock.time += after
    await EmptyTrash(trash).expired()
    assert len(await trash.entries()) == left
    assert len(shop.files()) == 2 * left
