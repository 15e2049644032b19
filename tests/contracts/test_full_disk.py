"""A disk that is full once the provider has painted costs nobody the picture."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from application.safeguards.archiving import Archiving
from domain.errors import ArchiveUnavailable
from domain.provider_errors import OutcomeUnknown
from tests.chaos.fault_injection import fill, small_disk
from tests.contracts.data_folder import DataFolder
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
async def full(disk: Path, anyio_backend: str) -> AsyncIterator[DataFolder]:
    folder = DataFolder(disk)
    yield folder
    with suppress(ArchiveUnavailable):
        await folder.close()


async def test_a_picture_that_fits_nowhere_is_delivered_and_said_not_to_be_stored(
    disk: Path, full: DataFolder
) -> None:
    async def fills() -> None:
        await asyncio.to_thread(fill, disk)

    came = await delivered(Archiving(FakeProvider(meanwhile=fills), full.images, full.records))
    (picture,) = came.images
    assert picture.image == PNG
    assert picture.stored is None
    assert came.notes[0].startswith("Not stored: ")
    assert "No space left on device" in came.notes[0]
    assert [*disk.rglob("*.png")] == [*disk.rglob(".*.part")] == []


async def test_a_reply_that_fits_nowhere_leaves_the_word_on_money_as_it_is(
    disk: Path, full: DataFolder
) -> None:
    async def fills_and_breaks() -> None:
        await asyncio.to_thread(fill, disk)
        raise cut

    cut = OutcomeUnknown("Cut.")
    cut.raw_remainder = (bytes(100_000),)
    with pytest.raises(OutcomeUnknown) as broken:
        await events(Archiving(FakeProvider(meanwhile=fills_and_breaks), full.images, full.records))
    assert broken.value.quarantined == ()
    assert "quarantine" not in broken.value.hint


async def test_on_a_disk_that_is_full_before_nothing_is_sent(disk: Path, full: DataFolder) -> None:
    fill(disk)
    provider = FakeProvider()
    with pytest.raises(ArchiveUnavailable):
        await events(Archiving(provider, full.images, full.records))
    assert provider.seen == []
