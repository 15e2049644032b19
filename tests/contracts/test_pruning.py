"""Pruning many images takes as long as reading their folder, and deletes all their files."""

from datetime import timedelta
from pathlib import Path
from time import perf_counter

import pytest

from adapters.records.pending_writes import JobRows, write_rows
from application.image_trash import BATCH, ImageTrash
from application.use_cases.limit_storage import LimitStorage
from application.use_cases.prune_images import PruneImages
from domain.deletion import DeletionResult
from domain.errors import InvalidRequest, NotFound
from domain.image import Image, StoredRef
from domain.job_records import OwnedImage
from domain.results import ResultImage
from tests.contracts.data_folder import DataFolder
from tests.testkit.fakes import PNG, DictCache, FrozenClock, job_for, small_image

pytestmark = pytest.mark.anyio
COUNT = 2_000
START = job_for().created_at
AGE = timedelta(days=9)
ANY_AGE = timedelta(microseconds=1)


class Pruner:
    """Prunes the images of a folder and limits their size, nine days after the first of them."""

    def __init__(self, here: DataFolder) -> None:
        self.clock, cache = FrozenClock(START + AGE), DictCache()
        self.trash = ImageTrash(here.library, self.clock, days=7)
        self.prune = PruneImages(self.trash, cache, self.clock)
        self.down_to = LimitStorage(self.trash, cache, self.clock)

    async def older_than(self, age: timedelta) -> DeletionResult:
        """Find these images and move them to the trash."""
        return await self.prune(await self.prune.older_than(age))


@pytest.fixture
def prune(here: DataFolder) -> Pruner:
    return Pruner(here)


async def save(here: DataFolder, image: Image, day: int = 0) -> Path:
    """Store an image that was created on that day; return its path."""
    stored = await here.images.put(image)
    job = job_for(id=f"job_{day}", created_at=START + timedelta(days=day))
    entry = ResultImage(image=image, stored=stored)
    await here.records.save(job.dispatched().stored((entry,)))
    return Path(stored.ref)


def save_many(here: DataFolder, count: int) -> None:
    """Store `count` images, created a second apart, without syncing, which would take minutes."""
    here.folder.mkdir()
    records = here.database.records()
    with records.writing.begin() as connection:
        for number in range(count):
            image = Image(PNG.data + str(number).encode())
            path = here.folder / f"{image.id}.png"
            path.write_bytes(image.data)
            job = job_for(id=f"job_{number}", created_at=START + timedelta(seconds=number))
            entry = ResultImage(image=image, stored=StoredRef(ref=str(path)))
            rows = JobRows.of(job.dispatched().stored((entry,)), "a test")
            write_rows(connection, rows)


async def test_the_oldest_of_many_images_are_found_quickly(here: DataFolder, prune: Pruner) -> None:
    save_many(here, COUNT)
    start = perf_counter()
    assert (await prune.down_to(10**12)).images == 0
    assert (await prune.older_than(AGE - timedelta(seconds=10))).images == 10
    assert perf_counter() - start < 1.5  # 0.3 s; a search of the folder for each image took 6 s
    assert len([*here.folder.glob("*.png")]) == COUNT - 10


async def test_all_of_many_images_are_pruned_in_batches(here: DataFolder, prune: Pruner) -> None:
    save_many(here, 2 * BATCH + 1)
    assert (await prune.older_than(ANY_AGE)).images == 2 * BATCH + 1
    assert [*here.folder.iterdir()] == [here.folder / ".trash"]
    assert len([*(here.folder / ".trash").iterdir()]) == 2 * BATCH + 1
    assert here.sql("SELECT count(*) FROM pictures") == [(0,)]


async def test_the_oldest_images_are_pruned_down_to_the_size_limit(
    here: DataFolder, prune: Pruner
) -> None:
    images = [small_image(color) for color in ("red", "green", "blue")]
    for day, image in enumerate(images):
        await save(here, image, day)
    assert (await prune.older_than(AGE)).images == 0
    assert (await prune.down_to(sum(len(image.data) for image in images[1:]))).images == 1
    with pytest.raises(NotFound):
        await here.library.find(images[0].id, owner="local")
    assert (await prune.older_than(AGE - timedelta(days=2))).images == 1
    assert await here.library.find(images[2].id, owner="local") == images[2]


async def test_a_recent_image_is_not_pruned_for_its_size(here: DataFolder, prune: Pruner) -> None:
    await save(here, PNG, day=AGE.days)
    assert (await prune.down_to(0)).images == 0


async def test_renditions_are_pruned_with_their_image_and_nothing_else(
    here: DataFolder, prune: Pruner
) -> None:
    folder = here.folder
    await save(here, PNG)
    stored = await here.images.put(PNG)
    await here.images.put(small_image("red"), derived_from=stored.ref)
    own, alike = folder / "holiday.png", folder / f"image-{PNG.digest[:7]}0.png"
    for file in (own, alike):
        file.write_bytes(b"the user's own")
    deleted = await prune.older_than(ANY_AGE)
    assert (deleted.images, deleted.bytes) == (1, len(PNG.data) + len(small_image("red").data))
    assert {*folder.iterdir()} == {own, alike, folder / ".trash", folder / ".renditions"}


async def test_a_missing_folder_does_not_stop_the_pruning(
    here: DataFolder, prune: Pruner, tmp_path: Path
) -> None:
    lost = ResultImage(image=PNG, stored=StoredRef(ref=str(tmp_path / "gone" / f"{PNG.id}.png")))
    await here.records.save(job_for().dispatched().stored((lost,)))
    red = small_image("red")
    await save(here, red, day=2)
    deleted = await prune.older_than(ANY_AGE)
    assert (deleted.images, deleted.bytes) == (2, len(red.data))


async def test_the_trash_is_emptied_for_space_before_an_image_is_deleted(
    here: DataFolder, prune: Pruner
) -> None:
    images = [small_image(color) for color in ("red", "green", "blue")]
    for day, image in enumerate(images):
        await save(here, image, day)
    first, second, last = images
    await prune.trash.delete([OwnedImage(second.id, "local")])
    prune.clock.time += timedelta(hours=1)
    await prune.trash.delete([OwnedImage(last.id, "local")])
    everything = sum(len(image.data) for image in images)
    assert (await prune.down_to(everything)).images == 0
    assert (await prune.down_to(everything - 1)).images == 1
    assert [each.image.id for each in await prune.trash.entries()] == [last.id]
    assert await here.library.find(first.id, owner="local") == first
    assert (await prune.down_to(len(first.data))).images == 1
    assert (await prune.down_to(len(first.data) - 1)).images == 1
    assert [*here.folder.rglob("*.png")] == []


async def test_an_age_and_a_size_of_nothing_are_refused(prune: Pruner) -> None:
    for age in (timedelta(), timedelta(hours=-1)):
        with pytest.raises(InvalidRequest, match="every image"):
            await prune.older_than(age)
    for size in (0, -1):
        with pytest.raises(InvalidRequest, match="every image"):
            await prune.prune.beyond(size)


async def test_images_beyond_a_size_are_moved_to_the_trash(here: DataFolder, prune: Pruner) -> None:
    images = [small_image(color) for color in ("red", "green")]
    for day, image in enumerate(images):
        await save(here, image, day)
    found = await prune.prune.beyond(len(images[1].data))
    assert [each.image.id for each in found] == [images[0].id]
    deleted = await prune.prune(found)
    assert (deleted.images, deleted.until) == (1, START + AGE + timedelta(days=7))
    assert [each.image.id for each in await prune.trash.entries()] == [images[0].id]
