"""Owners find, restore and delete their images, whichever store and whichever records are used."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from application.image_library import ImageLibrary, NotRecorded
from domain.errors import ArchiveUnavailable, NotFound
from domain.image import Image
from domain.job_records import OwnedImage
from domain.jobs import Job
from domain.requests import ImageRequest
from domain.results import ResultImage
from tests.contracts.data_folder import DataFolder
from tests.testkit.fakes import (
    PNG,
    MemoryImageStore,
    MemoryJobRepository,
    job_for,
    small_image,
)

pytestmark = pytest.mark.anyio
MINE, THEIRS = OwnedImage(PNG.id, "local"), OwnedImage(PNG.id, "other")


@pytest.fixture(params=["files and SQL", "files alone", "SQL alone", "memory"])
def library(request: pytest.FixtureRequest, here: DataFolder) -> ImageLibrary:
    images = here.images if "files" in request.param else MemoryImageStore()
    records = here.records if "SQL" in request.param else MemoryJobRepository()
    return ImageLibrary(images, records)


async def saved(library: ImageLibrary, *images: Image, **facts: Any) -> Job[ImageRequest]:  # noqa: ANN401 - fields of Job
    """A job that brought these images."""
    results = [ResultImage(image=image, stored=await library.images.put(image)) for image in images]
    job = job_for(**facts).dispatched().stored(tuple(results))
    await library.records.save(job)
    return job


def place_of(job: Job[ImageRequest]) -> str:
    """The ref of the job's first image."""
    stored = job.images[0].stored
    assert stored is not None
    return stored.ref


async def test_an_image_of_a_recorded_job_is_found_byte_for_byte(library: ImageLibrary) -> None:
    await saved(library, PNG)
    assert await library.find(PNG.id, owner="local") == PNG


async def test_another_owners_image_is_not_found(library: ImageLibrary) -> None:
    await saved(library, PNG)
    with pytest.raises(NotFound):
        await library.find(PNG.id, owner="other")


async def test_an_unknown_id_is_not_found(library: ImageLibrary) -> None:
    with pytest.raises(NotFound, match="img_0000"):
        await library.find(f"img_{'0' * 32}", owner="local")


async def test_an_image_without_bytes_is_not_found(library: ImageLibrary) -> None:
    job = await saved(library, PNG)
    await library.images.delete([place_of(job)])
    with pytest.raises(NotFound, match="moved, changed or deleted"):
        await library.find(PNG.id, owner="local")


async def test_an_image_is_stored_until_it_is_deleted(library: ImageLibrary) -> None:
    stored = await library.images.put(PNG)
    with pytest.raises(NotRecorded):
        await library.ensure_stored(PNG, owner="local", job_id="job_1")
    job = await saved(library, PNG)
    assert await library.ensure_stored(PNG, owner="local", job_id=job.id) == stored
    with pytest.raises(NotRecorded):
        await library.ensure_stored(PNG, owner="other", job_id=job.id)
    await library.delete([MINE])
    with pytest.raises(NotFound):
        await library.ensure_stored(PNG, owner="local", job_id=job.id)
    assert await library.images.get(stored.ref) is None


async def test_an_image_without_bytes_is_stored_again(library: ImageLibrary) -> None:
    job = await saved(library, PNG)
    await library.images.delete([place_of(job)])
    stored = await library.ensure_stored(PNG, owner="local", job_id=job.id)
    assert await library.images.get(stored.ref) == PNG
    assert await library.records.image_refs(MINE) == [stored]


async def test_an_image_of_an_open_job_does_not_count_as_deleted(
    library: ImageLibrary,
) -> None:
    job = job_for().dispatched()
    await library.records.save(job)
    stored = await library.ensure_stored(PNG, owner="local", job_id=job.id)
    assert await library.images.get(stored.ref) == PNG
    with pytest.raises(NotRecorded):
        await library.ensure_stored(PNG, owner="other", job_id=job.id)


async def test_a_deleted_image_is_not_found_and_its_bytes_are_freed(library: ImageLibrary) -> None:
    await saved(library, PNG)
    deleted = await library.delete([MINE])
    assert (deleted.images, deleted.bytes) == (1, len(PNG.data))
    assert deleted.fingerprints == {"0" * 64}
    with pytest.raises(NotFound):
        await library.find(PNG.id, owner="local")
    assert (await library.delete([MINE])).images == 0


async def test_delete_does_not_affect_the_same_image_of_another_owner(
    library: ImageLibrary,
) -> None:
    job = await saved(library, PNG)
    await library.records.save(replace(job, id="job_2", owner="other"))
    deleted = await library.delete([MINE])
    assert (deleted.images, deleted.bytes) == (1, 0)
    assert await library.find(PNG.id, owner="other") == PNG
    with pytest.raises(NotFound):
        await library.find(PNG.id, owner="local")


async def test_an_image_deleted_by_all_owners_has_no_bytes(library: ImageLibrary) -> None:
    job = await saved(library, PNG)
    await library.records.save(replace(job, id="job_2", owner="other"))
    deleted = await library.delete([MINE, THEIRS])
    assert (deleted.images, deleted.bytes) == (2, len(PNG.data))
    assert await library.images.get(place_of(job)) is None


async def test_concurrent_deletes_of_an_image_count_once(library: ImageLibrary) -> None:
    await saved(library, PNG)
    deleted = await asyncio.gather(*(library.delete([MINE]) for _ in range(8)))
    assert sorted(each.images for each in deleted) == [0] * 7 + [1]
    assert sum(each.bytes for each in deleted) == len(PNG.data)


async def test_images_are_listed_by_age_with_the_bytes_of_their_renditions(
    library: ImageLibrary,
) -> None:
    job = await saved(library, PNG)
    rendition = small_image("teal", form="WEBP")
    await library.images.put(rendition, derived_from=place_of(job))
    (measured,) = await library.by_age()
    assert measured.image == MINE
    assert measured.bytes == len(PNG.data) + len(rendition.data)


async def test_the_record_stays_if_the_store_fails(
    library: ImageLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    await saved(library, PNG)

    async def refuse(_: Sequence[str]) -> int:
        raise ArchiveUnavailable("The disk is broken.")

    monkeypatch.setattr(library.images, "delete", refuse)
    with pytest.raises(ArchiveUnavailable):
        await library.delete([MINE])
    assert await library.find(PNG.id, owner="local") == PNG


async def test_an_image_stored_again_in_another_folder_is_found_and_deleted_there(
    here: DataFolder, tmp_path: Path
) -> None:
    job = await saved(here.library, PNG)
    moved = DataFolder(tmp_path, images="elsewhere")
    first = await moved.library.ensure_stored(PNG, owner="local", job_id=job.id)
    assert Path(first.ref).parent == here.folder
    Path(first.ref).unlink()
    second = await moved.library.ensure_stored(PNG, owner="local", job_id=job.id)
    assert Path(second.ref).parent == moved.folder
    assert await here.library.find(PNG.id, owner="local") == PNG
    await here.library.delete([MINE])
    assert not [*tmp_path.rglob("*.png")]
    await moved.close()


async def test_an_image_with_a_changed_or_missing_file_is_not_found(here: DataFolder) -> None:
    job = await saved(here.library, PNG)
    path = Path(place_of(job))
    path.write_bytes(b"something else")
    with pytest.raises(NotFound, match="moved, changed or deleted"):
        await here.library.find(PNG.id, owner="local")
    path.unlink()
    with pytest.raises(NotFound, match="moved, changed or deleted"):
        await here.library.find(PNG.id, owner="local")


async def test_an_image_deleted_by_another_process_is_not_stored_again(
    here: DataFolder, there: DataFolder, tmp_path: Path
) -> None:
    job = await saved(here.library, PNG)
    await there.library.delete([MINE])
    with pytest.raises(NotFound):
        await here.library.ensure_stored(PNG, owner="local", job_id=job.id)
    assert not [*tmp_path.rglob("*.png")]


async def test_an_image_deleted_during_its_restoration_stays_deleted(
    here: DataFolder, there: DataFolder, tmp_path: Path
) -> None:
    for number in range(20):
        job = await saved(here.library, PNG, id=f"job_{number}")
        Path(place_of(job)).unlink()
        ends = await asyncio.gather(
            here.library.ensure_stored(PNG, owner="local", job_id=job.id),
            there.library.delete([MINE]),
            return_exceptions=True,
        )
        assert not isinstance(ends[1], BaseException)
        assert not [*tmp_path.rglob("*.png")], ends
