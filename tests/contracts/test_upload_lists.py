"""Lists, searches and names of uploads, and files while they arrive."""

from pathlib import Path

import pytest

from adapters.incoming_files.temporary_files import TemporaryFiles
from adapters.job_events.memory import MemoryJobEvents
from application.jobs.job_runner import JobRunner
from application.use_cases.list_images import ListImages
from application.use_cases.list_jobs import ListJobs
from domain.errors import ArchiveUnavailable
from domain.image_filters import ImageFilter
from tests.contracts.data_folder import DataFolder
from tests.contracts.upload_desk import BLUE, RED, Desk
from tests.testkit.fakes import PNG, RecordingSink, find_image, small_image

pytestmark = pytest.mark.anyio


@pytest.fixture
def desk(here: DataFolder) -> Desk:
    return Desk(here)


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
