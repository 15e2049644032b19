"""What the store does for a few images does not grow with the files of others."""

from pathlib import Path

import pytest

from adapters.image_store import file_index
from adapters.image_store.file_names import FileName, parse
from application.image_trash import ImageTrash
from application.use_cases.limit_storage import LimitStorage
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


@pytest.mark.parametrize(("max_bytes", "deleted"), [(2, 0), (1, 1)])
async def test_storage_is_measured_only_if_the_recorded_sizes_come_near_the_limit(
    max_bytes: int, deleted: int, here: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    image: Image = small_image("teal")
    stored = await here.images.put(image)
    job = job_for().dispatched().stored((ResultImage(image=image, stored=stored),))
    await here.records.save(job)
    clock = FrozenClock(job.created_at.replace(year=job.created_at.year + 1))
    limit = LimitStorage(ImageTrash(here.library, clock, days=7), DictCache(), clock)
    if not deleted:
        monkeypatch.setattr(here.images, "sizes", None)
    done = await limit(max_bytes * len(image.data) - (1 if deleted else 0))
    assert done.images == deleted
