"""Uploads in the records and in the store: owned, stored once, and never without a record."""

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.incoming_files.temporary_files import TemporaryFiles
from adapters.job_events.memory import MemoryJobEvents
from adapters.records.upload_repository import SqlUploadRepository
from application.image_trash import ImageTrash
from application.jobs.job_runner import JobRunner
from application.use_cases.add_images import AddImages
from application.use_cases.expire_uploads import INTERRUPTED, ExpireUploads
from application.use_cases.limit_storage import LimitStorage
from application.use_cases.list_images import ListImages
from application.use_cases.list_jobs import ListJobs
from application.use_cases.prune_images import PruneImages
from domain.errors import ArchiveUnavailable, UnreadableImage
from domain.image import Image, StoredRef
from domain.image_filters import ImageFilter
from domain.input_images import NormalizedImage
from domain.job_records import OwnedImage
from domain.results import ResultImage
from domain.uploads import Upload
from tests.contracts.data_folder import DataFolder
from tests.testkit.fakes import (
    PNG,
    DictCache,
    FrozenClock,
    HeaderNormalizer,
    RecordingSink,
    find_image,
    job_for,
    small_image,
)

pytestmark = pytest.mark.anyio
RED, BLUE = small_image("red"), small_image("blue")
DAYS = 30
MINE, THEIRS = OwnedImage(PNG.id, "local"), OwnedImage(PNG.id, "other")


class Desk:
    """A data folder with all that adds, lists and deletes uploads."""

    def __init__(self, here: DataFolder) -> None:
        self.here, self.clock = here, FrozenClock()
        self.uploads = SqlUploadRepository(here.database)
        self.normalizer = HeaderNormalizer()
        incoming = TemporaryFiles(here.data)
        self.add_images = AddImages(
            incoming, self.normalizer, here.images, self.uploads, self.clock
        )
        self.expire = ExpireUploads(here.library, self.uploads, self.clock, days=DAYS)
        self.trash = ImageTrash(here.library, self.clock, days=7)
        self.limit = LimitStorage(self.trash, DictCache(), self.clock)
        self.prune = PruneImages(self.trash, DictCache(), self.clock)

    async def add(self, *images: Image, owner: str = "local", name: str = "") -> Sequence[Upload]:
        """Add these images."""
        with closing(self.add_images.receive()) as incoming:
            for image in images:
                await incoming.add(name)
                await incoming.write(image.data)
            return await self.add_images(incoming, owner=owner)

    async def generate(self, image: Image, job_id: str = "job_1", owner: str = "local") -> None:
        """A job delivers this image now."""
        stored = await self.here.images.put(image, title="a fox")
        job = job_for(id=job_id, owner=owner, created_at=self.clock.now())
        entry = ResultImage(image=image, stored=stored)
        await self.here.records.save(job.dispatched().stored((entry,)))

    async def find(self, image: OwnedImage) -> Image:
        """The image of this owner."""
        return await self.here.library.find(image.id, owner=image.owner)

    def files(self) -> list[str]:
        """The names of all files of images."""
        found = (path for path in self.here.folder.rglob("*") if path.is_file())
        return sorted(path.name for path in found)

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.clock.time += timedelta(**time)


@pytest.fixture
def desk(here: DataFolder) -> Desk:
    return Desk(here)


async def test_an_upload_is_found_by_its_owner_only_and_after_a_restart(
    desk: Desk, there: DataFolder
) -> None:
    (added,) = await desk.add(PNG, name="holiday/My Fox.png")
    assert (added.image.id, added.name) == (PNG.id, "My Fox.png")
    assert desk.files() == [f"my-fox-{PNG.digest[:8]}.png"]
    assert await there.library.find(PNG.id, owner="local") == PNG
    assert await SqlUploadRepository(there.database).get(MINE) == added
    assert await desk.uploads.get(THEIRS) is None
    assert await there.records.image_refs(THEIRS) == []
    assert await there.records.by_image(PNG.id, owner="local") is None


async def test_equal_bytes_of_one_owner_are_one_upload_whose_days_begin_anew(desk: Desk) -> None:
    first, second = await desk.add(PNG, PNG, name="fox.png")
    assert first == second
    desk.later(days=DAYS - 1)
    (again,) = await desk.add(PNG)
    assert (again.id, again.image) == (first.id, first.image)
    assert len(desk.files()) == 1
    desk.later(days=2)
    assert (await desk.expire()).images == 0
    (listed,) = await desk.uploads.recent(owner="local", limit=9)
    assert (listed.created_at, listed.name) == (again.created_at, "fox.png")


async def test_equal_bytes_of_two_owners_are_one_file_until_both_are_gone(desk: Desk) -> None:
    await desk.add(PNG)
    await desk.add(PNG, owner="other")
    assert len(desk.files()) == 1
    await desk.here.library.delete([MINE])
    assert await desk.find(THEIRS) == PNG
    await desk.here.library.delete([THEIRS])
    assert desk.files() == []


async def test_uploads_expire_and_take_no_other_image_with_them(desk: Desk) -> None:
    await desk.add(PNG, RED, BLUE)
    await desk.generate(RED)
    desk.later(days=1)
    await desk.add(PNG, owner="other")
    desk.later(days=DAYS - 1, seconds=1)
    expired = await desk.expire()
    assert (expired.images, expired.bytes) == (3, len(BLUE.data))
    assert await desk.uploads.recent(owner="local", limit=9) == []
    assert await desk.find(OwnedImage(RED.id, "local")) == RED
    assert await desk.find(THEIRS) == PNG
    assert await desk.here.records.image_refs(MINE) == []


async def test_with_0_days_uploads_never_expire(desk: Desk) -> None:
    await desk.add(PNG)
    desk.later(days=5000)
    never = ExpireUploads(desk.here.library, desk.uploads, desk.clock, days=0)
    assert (await never()).images == 0
    assert await desk.find(MINE) == PNG


async def test_limits_of_generated_images_delete_no_upload(desk: Desk) -> None:
    await desk.add(PNG, RED)
    await desk.generate(BLUE)
    await desk.generate(RED, "job_2")
    desk.later(days=2)
    assert [each.image.id for each in await desk.prune.older_than(timedelta(days=1))] == [BLUE.id]
    assert (await desk.limit(0)).images == 1
    assert await desk.find(MINE) == PNG
    assert await desk.find(OwnedImage(RED.id, "local")) == RED
    assert await desk.here.records.total_bytes() == len(RED.data)


async def test_an_upload_goes_to_the_trash_and_back(desk: Desk) -> None:
    (added,) = await desk.add(PNG, name="fox.png")
    deleted = await desk.trash.delete([MINE])
    assert (deleted.images, deleted.bytes, deleted.fingerprints) == (1, len(PNG.data), frozenset())
    (entry,) = await desk.trash.entries(owner="local")
    assert (entry.prompt, entry.image) == ("fox.png", MINE)
    assert await desk.uploads.recent(owner="local", limit=9) == []
    (restored,) = await desk.trash.restore([MINE])
    assert restored.jobs == frozenset()
    assert await desk.uploads.get(MINE) == added
    assert await desk.find(MINE) == PNG


async def test_an_upload_that_is_in_the_trash_can_be_uploaded_again(desk: Desk) -> None:
    await desk.add(PNG)
    await desk.trash.delete([MINE])
    await desk.add(PNG)
    await desk.trash.empty([MINE])
    assert await desk.find(MINE) == PNG
    await desk.trash.delete([MINE])
    await desk.trash.empty([MINE])
    assert desk.files() == []


async def test_faulty_images_are_told_together_and_none_is_stored(desk: Desk) -> None:
    with pytest.raises(UnreadableImage) as refused:
        await desk.add(PNG, Image(b"<html>"), Image(b""), name="page.html")
    assert [fault.field for fault in refused.value.faults] == ["files[1]", "files[2]"]
    assert refused.value.message.startswith("page.html: The data is markup")
    assert desk.files() == []
    assert not [*desk.here.data.glob(".upload-*")]


class FullStore:
    """An image store whose disk is full."""

    async def check_writable(self) -> None:
        return

    async def put(self, image: Image, /, *, title: str = "") -> StoredRef:
        raise ArchiveUnavailable("The disk is full.")


async def test_an_upload_that_cannot_be_stored_leaves_no_record(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.add_images, "images", FullStore())
    with pytest.raises(ArchiveUnavailable, match="full"):
        await desk.add(PNG)
    assert desk.here.sql("SELECT * FROM pictures") == []


def begun(image: Image, desk: Desk) -> Upload:
    """An upload whose bytes are not stored yet."""
    added = NormalizedImage(image=image)
    return Upload.of(added, owner="local", name="", at=desk.clock.now())


async def test_an_upload_that_was_interrupted_is_settled_by_the_next_cleanup(desk: Desk) -> None:
    """One was cut before its bytes were stored, and one after that."""
    for image in (PNG, RED):
        await desk.uploads.save(begun(image, desk))
    await desk.here.images.put(RED)
    assert await desk.uploads.recent(owner="local", limit=9) == []
    await desk.expire()
    assert len(desk.here.sql("SELECT * FROM pictures")) == 2  # it may be running
    desk.later(seconds=INTERRUPTED.total_seconds() + 1)
    await desk.expire()
    (finished,) = await desk.uploads.recent(owner="local", limit=9)
    assert finished.image.id == RED.id
    assert await desk.find(OwnedImage(RED.id, "local")) == RED
    assert desk.here.sql("SELECT picture_id FROM pictures") == [(RED.id,)]


async def test_an_upload_that_has_begun_protects_the_bytes_of_another_owner(desk: Desk) -> None:
    """Else a deletion between storing and recording would take the bytes of both."""
    await desk.add(PNG, owner="other")
    await desk.uploads.save(begun(PNG, desk))
    stored = await desk.here.images.put(PNG)
    await desk.trash.delete([THEIRS])
    await desk.uploads.finish(MINE, stored)
    assert await desk.find(MINE) == PNG


async def test_a_repeated_upload_does_not_hide_the_first_while_it_is_stored(desk: Desk) -> None:
    (added,) = await desk.add(PNG)
    await desk.uploads.save(begun(PNG, desk))
    assert await desk.uploads.get(MINE) == added
    await desk.uploads.finish(MINE, None)
    assert await desk.uploads.get(MINE) == added


def lists(desk: Desk) -> ListImages:
    """The use case; no job is running."""
    list_jobs = ListJobs(JobRunner(MemoryJobEvents(), RecordingSink()), desk.here.records)
    return ListImages(list_jobs, desk.here.records, desk.uploads, desk.clock)


async def test_uploads_and_jobs_are_listed_together_page_by_page(desk: Desk) -> None:
    expected = list[str]()
    for number, image in enumerate((PNG, RED, BLUE, small_image("green"))):
        desk.later(minutes=1)
        await (desk.add(image) if number % 2 else desk.generate(image, f"job_{number}"))
        expected.insert(0, image.id)
    list_images, found, cursor = lists(desk), list[str](), None
    while True:
        page = await list_images(limit=1, cursor=cursor)
        found += [image.id for each in page.completed for image in each.images]
        cursor = page.next
        if cursor is None:
            break
    assert found == expected
    everything = await list_images(limit=3)
    assert [image.id for each in everything.completed for image in each.images] == expected[:3]


async def test_a_search_finds_uploads_by_their_names_and_none_by_a_model(desk: Desk) -> None:
    await desk.add(PNG, name="Summer Fox.png")
    await desk.add(RED, name="bear.png")
    named = ImageFilter(words=("fox", "summer"))
    (found,) = await desk.uploads.recent(owner="local", limit=9, matching=named)
    assert found.image.id == PNG.id
    of_model = ImageFilter(model="gpt-image-2")
    assert await desk.uploads.recent(owner="local", limit=9, matching=of_model) == []
    before = ImageFilter(before=desk.clock.now())
    assert await desk.uploads.recent(owner="local", limit=9, matching=before) == []
    since = ImageFilter(since=desk.clock.now())
    assert len(await desk.uploads.recent(owner="local", limit=9, matching=since)) == 2


async def test_last_means_the_last_result_and_a_short_id_an_upload_too(desk: Desk) -> None:
    await desk.generate(RED)
    desk.later(minutes=1)
    await desk.add(PNG)
    find = find_image(desk.here.records)
    assert await find("last") == RED.id
    assert await find(PNG.id[:12]) == PNG.id
    assert await find(f"x-{PNG.digest[:8]}.png") is None
    assert await find(desk.files()[1]) in (PNG.id, RED.id)


async def test_a_full_disk_while_a_file_arrives_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"a file")
    with pytest.raises(ArchiveUnavailable, match="could not be written"):
        await TemporaryFiles(tmp_path / "data").create("fox.png")


async def test_an_incoming_file_has_no_name_while_it_is_written(tmp_path: Path) -> None:
    """So a process that is killed leaves none."""
    file = await TemporaryFiles(tmp_path).create("fox.png")
    for _ in range(3):
        await file.write(b"x" * 700_000)
    assert [*tmp_path.iterdir()] == []
    assert (file.size, await file.read()) == (2_100_000, b"x" * 2_100_000)
    await file.replace(b"yz")
    assert (file.size, await file.read()) == (2, b"yz")
    file.close()
    file.close()
    with pytest.raises(ArchiveUnavailable):
        await file.read()
