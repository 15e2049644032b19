"""A disk that fills up during a generation loses no image."""

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
LARGE_ENOUGH = 70
"""Megabytes of a disk with enough free space to start a generation."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path, LARGE_ENOUGH):
        yield tmp_path


@pytest.fixture
async def full(disk: Path, anyio_backend: str) -> AsyncIterator[DataFolder]:
    folder = DataFolder(disk)
    yield folder
    with suppress(ArchiveUnavailable):
        await folder.close()


async def test_an_image_that_does_not_fit_is_delivered_as_not_stored(
    disk: Path, full: DataFolder
) -> None:
    async def fill_disk() -> None:
        await asyncio.to_thread(fill, disk)

    result = await delivered(
        Archiving(FakeProvider(meanwhile=fill_disk), full.images, full.records)
    )
    (image,) = result.images
    assert image.image == PNG
    assert image.stored is None
    assert result.notes[0].startswith("Not stored: ")
    assert "No space left on device" in result.notes[0]
    assert [*disk.rglob("*.png")] == [*disk.rglob(".*.part")] == []


async def test_a_reply_that_cannot_be_quarantined_keeps_its_error(
    disk: Path, full: DataFolder
) -> None:
    async def fill_disk_and_fail() -> None:
        await asyncio.to_thread(fill, disk)
        raise cut

    cut = OutcomeUnknown("Cut.")
    cut.raw_remainder = (bytes(100_000),)
    with pytest.raises(OutcomeUnknown) as raised:
        await events(
            Archiving(FakeProvider(meanwhile=fill_disk_and_fail), full.images, full.records)
        )
    assert raised.value.quarantined == ()
    assert "quarantine" not in raised.value.hint


async def test_nothing_is_sent_with_a_full_disk(disk: Path, full: DataFolder) -> None:
    fill(disk)
    provider = FakeProvider()
    with pytest.raises(ArchiveUnavailable):
        await events(Archiving(provider, full.images, full.records))
    assert provider.seen == []
