"""Pruning many pictures takes as long as reading their folder, and leaves none of their files."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import pytest

from adapters.records.engine import Database
from adapters.records.file_image_store import FileImageStore
from domain.image import Image
from domain.results import ResultImage
from tests.testkit.fakes import PNG, job_for, small_image

pytestmark = pytest.mark.anyio
MANY = 2_000
BEGUN = job_for().created_at
LATER = BEGUN + timedelta(days=9)


@pytest.fixture
async def database(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Database]:
    its = Database(tmp_path / "data")
    yield its
    await its.close()


async def recorded(database: Database, folder: Path, count: int) -> None:
    """As many pictures as that, a second apart; nothing is synced, for that takes minutes."""
    folder.mkdir()
    records = database.records()
    with records.writing.begin() as connection:
        for number in range(count):
            image = Image(PNG.data + str(number).encode())
            place = folder / f"{image.id}.png"
            place.write_bytes(image.data)
            job = job_for(id=f"job_{number}", created_at=BEGUN + timedelta(seconds=number))
            kept = ResultImage(image=image, location=str(place))
            records.put(connection, job.dispatched().stored((kept,)))


async def test_of_many_pictures_the_oldest_are_found_quickly(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    await recorded(database, folder, MANY)
    archive = FileImageStore(database, pictures_folder=folder)
    began = perf_counter()
    assert (await archive.prune(LATER, keep_bytes=10**12)).images == 0
    assert (await archive.prune(BEGUN + timedelta(seconds=10))).images == 10
    assert perf_counter() - began < 1.5  # 0.14 s; looking through the folder for each took 6 s
    assert len([*folder.iterdir()]) == MANY - 10


async def test_renditions_go_with_their_picture_and_nothing_else_does(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    archive = FileImageStore(database, pictures_folder=folder)
    place = await archive.put(PNG)
    await archive.put_rendition(small_image("red"), of=PNG)
    own, alike = folder / "holiday.png", folder / f"{PNG.id}0.png"
    for file in (own, alike):
        file.write_bytes(b"the user's own")
    kept = ResultImage(image=PNG, location=place)
    await archive.record(job_for().dispatched().stored((kept,)))
    gone = await archive.prune(LATER)
    assert (gone.images, gone.bytes) == (1, len(PNG.data) + len(small_image("red").data))
    assert {*folder.iterdir()} == {own, alike}


async def test_a_folder_that_is_gone_holds_nothing_and_stops_no_pruning(
    database: Database, tmp_path: Path
) -> None:
    kept = ResultImage(image=PNG, location=str(tmp_path / "gone" / f"{PNG.id}.png"))
    archive = FileImageStore(database, pictures_folder=tmp_path / "pictures")
    await archive.record(job_for().dispatched().stored((kept,)))
    gone = await archive.prune(LATER, keep_bytes=-1)
    assert (gone.images, gone.bytes) == (1, 0)
