"""Uploads in the records and in the store: owned, stored once, and never without a record."""

from datetime import timedelta

import pytest

from adapters.records.upload_repository import SqlUploadRepository
from application.use_cases.expire_uploads import INTERRUPTED, ExpireUploads
from domain.errors import ArchiveUnavailable, UnreadableImage
from domain.image import Image, StoredRef
from domain.input_images import NormalizedImage
from domain.job_records import OwnedImage
from domain.uploads import Upload
from tests.contracts.data_folder import DataFolder
from tests.contracts.upload_desk import BLUE, DAYS, RED, Desk
from tests.testkit.fakes import PNG

pytestmark = pytest.mark.anyio
MINE, THEIRS = OwnedImage(PNG.id, "local"), OwnedImage(PNG.id, "other")


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


async def test_an_expired_upload_takes_no_bytes_that_a_job_of_another_owner_delivered(
    desk: Desk,
) -> None:
    """Both owners uploaded them, too, and both uploads expire together."""
    await desk.generate(PNG, owner="other")
    await desk.add(PNG, owner="other")
    await desk.add(PNG)
    desk.later(days=DAYS, seconds=1)
    assert (await desk.expire()).bytes == 0
    assert await desk.uploads.get(THEIRS) is None
    assert await desk.find(THEIRS) == PNG


async def test_an_image_that_is_uploaded_again_while_it_expires_is_kept(desk: Desk) -> None:
    """One owner has finished, the other one has begun."""
    await desk.add(PNG, RED)
    await desk.add(PNG, owner="other")
    desk.later(days=DAYS, seconds=1)
    now = desk.clock.now()
    old = await desk.uploads.older_than(now - timedelta(days=DAYS))
    await desk.add(PNG, owner="other")
    await desk.uploads.save(begun(RED, desk))
    deleted = await desk.here.library.delete_uploads(old, before=now - timedelta(days=DAYS))
    assert (deleted.images, deleted.bytes) == (1, 0)
    assert await desk.find(THEIRS) == PNG
    assert await desk.find(OwnedImage(RED.id, "local")) == RED


async def test_an_upload_that_expires_leaves_the_bytes_in_the_trash_of_another_owner(
    desk: Desk,
) -> None:
    await desk.add(PNG)
    desk.later(days=DAYS - 1)
    await desk.add(PNG, owner="other")
    await desk.trash.delete([THEIRS])
    desk.later(days=2)
    assert (await desk.expire()).images == 1
    await desk.trash.mend()
    assert [each.image for each in await desk.trash.restore([THEIRS])] == [THEIRS]
    assert await desk.find(THEIRS) == PNG


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


async def test_an_upload_is_recorded_before_its_bytes_are_stored(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a process that is killed at any moment leaves no file without a record."""
    recorded, put = list[object](), desk.here.images.put

    async def look_and_put(image: Image, /, *, title: str = "") -> StoredRef:
        recorded.extend(desk.here.sql("SELECT picture_id FROM pictures"))
        return await put(image, title=title)

    monkeypatch.setattr(desk.here.images, "put", look_and_put)
    await desk.add(PNG)
    assert recorded == [(PNG.id,)]


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
