"""A disk that is full once the provider has painted costs nobody the picture."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.records.engine import Database
from adapters.records.file_image_store import FileImageStore
from application.safeguards.archiving import Archiving
from domain.errors import ArchiveUnavailable
from domain.provider_errors import OutcomeUnknown
from tests.chaos.meddling import fill, small_disk
from tests.testkit.fakes import PNG, FakeProvider
from tests.unit.results import delivered, events

pytestmark = pytest.mark.anyio
ENOUGH = 70
"""Megabytes on which a picture may be paid for."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path, ENOUGH):
        yield tmp_path


@pytest.fixture
async def archive(disk: Path, anyio_backend: str) -> AsyncIterator[FileImageStore]:
    database = Database(disk / "data")
    yield FileImageStore(database, pictures_folder=disk / "pictures")
    with suppress(ArchiveUnavailable):
        await database.close()


async def test_a_picture_that_fits_nowhere_is_delivered_and_said_not_to_be_stored(
    disk: Path, archive: FileImageStore
) -> None:
    async def fills() -> None:
        await asyncio.to_thread(fill, disk)

    came = await delivered(Archiving(FakeProvider(meanwhile=fills), archive))
    (picture,) = came.images
    assert picture.image == PNG
    assert picture.location is None
    assert came.notes[0].startswith("Not stored: ")
    assert "No space left on device" in came.notes[0]
    assert [*disk.rglob("*.png")] == [*disk.rglob(".*.part")] == []


async def test_a_reply_that_fits_nowhere_leaves_the_word_on_money_as_it_is(
    disk: Path, archive: FileImageStore
) -> None:
    async def fills_and_breaks() -> None:
        await asyncio.to_thread(fill, disk)
        raise cut

    cut = OutcomeUnknown("Cut.")
    cut.raw_remainder = (bytes(100_000),)
    with pytest.raises(OutcomeUnknown) as broken:
        await events(Archiving(FakeProvider(meanwhile=fills_and_breaks), archive))
    assert broken.value.quarantined == ()
    assert "quarantine" not in broken.value.hint


async def test_on_a_disk_that_is_full_before_nothing_is_sent(
    disk: Path, archive: FileImageStore
) -> None:
    fill(disk)
    provider = FakeProvider()
    with pytest.raises(ArchiveUnavailable):
        await events(Archiving(provider, archive))
    assert provider.seen == []
