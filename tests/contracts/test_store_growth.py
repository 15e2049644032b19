"""What the store does for a few images does not grow with the files of others."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.image_store import file_index
from adapters.image_store.file_names import FileName, parse
from application.image_trash import ImageTrash
from application.use_cases.limit_storage import DERIVED_SHARE, MEASURED_FOR, LimitStorage
from domain.deletion import MeasuredImage
from domain.image import Image
from domain.results import ResultImage
from tests.contracts.data_folder import DataFolder
from tests.testkit.fakes import DictCache, FrozenClock, job_for, small_image

pytestmark = pytest.mark.anyio


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that are parsed while files are looked up."""
    names = list[str]()

    def note(name: str) -> FileName | None:
        names.append(name)
        return parse(name)

    monkeypatch.setattr(file_index, "parse", note)
    return names


def add_others(folder: Path) -> None:
    for number in range(200):
        (folder / f"other-{number:08x}.png").write_bytes(b"x")


async def test_files_of_other_images_are_not_looked_at(here: DataFolder, parsed: list[str]) -> None:
    stored = await here.images.put(small_image("teal"), title="a red fox")
    add_others(here.folder)
    parsed.clear()
    assert (await here.images.sizes({stored.ref}))[stored.ref] > 0
    assert await here.images.put(small_image("teal"), title="another title") == stored
    assert await here.images.trash({stored.ref}) > 0
    assert not any(name.startswith("other") for name in parsed)


async def test_names_that_a_file_system_may_write_otherwise_are_found(here: DataFolder) -> None:
    image = small_image("teal")
    stored = await here.images.put(image, title="Äpfel")
    decomposed = Path(stored.ref).with_name(Path(stored.ref).name.replace("ä", "a\u0308"))
    Path(stored.ref).rename(decomposed)
    assert (await here.images.sizes({stored.ref}))[stored.ref] == len(image.data)


YEAR = timedelta(days=365)


async def test_files_are_measured_only_if_the_recorded_sizes_come_near_the_limit(
    here: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = list[int]()
    by_age = here.library.by_age

    async def note() -> Sequence[MeasuredImage]:
        measured.append(1)
        return await by_age()

    monkeypatch.setattr(here.library, "by_age", note)
    clock, image = FrozenClock(job_for().created_at), small_image("teal")
    size = len(image.data)
    limit = LimitStorage(ImageTrash(here.library, clock, days=7), DictCache(), clock)
    await save(here, image)
    clock.time += YEAR
    assert (await limit(size * (1 + DERIVED_SHARE))).images == 0
    assert not measured
    for _ in range(2):  # the second time, the first measurement counts
        assert (await limit(size)).images == 0
        assert len(measured) == 1
    clock.time += MEASURED_FOR
    assert (await limit(size)).images == 0
    assert len(measured) == 2
    assert (await limit(size - 1)).images == 1


async def test_an_image_that_is_recorded_after_a_measurement_is_deleted_when_it_is_too_much(
    here: DataFolder,
) -> None:
    clock = FrozenClock(job_for().created_at)
    limit = LimitStorage(ImageTrash(here.library, clock, days=7), DictCache(), clock)
    first, second = small_image("teal"), small_image("red")
    await save(here, first)
    clock.time += YEAR
    assert (await limit(len(first.data))).images == 0
    await save(here, second, day=1)
    assert (await limit(len(second.data))).images == 1


async def save(here: DataFolder, image: Image, day: int = 0) -> None:
    stored = await here.images.put(image)
    job = job_for(id=f"job_{day}", created_at=job_for().created_at + timedelta(days=day))
    entry = ResultImage(image=image, stored=stored)
    await here.records.save(job.dispatched().stored((entry,)))
