"""What is made sure of when an answer is recalled."""

import pytest

from application.memory import A_LOOK_COUNTS_FOR, Memory
from domain.results import ImageSet, Picture
from tests.fakes import DictCache, FrozenClock, MemoryArchive, job_for, picture

pytestmark = pytest.mark.anyio
JOB = job_for()


async def test_a_file_that_was_taken_away_is_written_again_a_moment_later_at_most() -> None:
    archive, now = MemoryArchive(), [100.0]
    memory = Memory(DictCache(), archive, lambda: now[0])
    await memory.keep(JOB, answer(), lambda _: None)

    async def recalled() -> ImageSet:
        images = await memory.recall(JOB, lambda _: None)
        assert images is not None
        return images

    first = await recalled()
    (place,) = archive.kept
    archive.kept.clear()
    now[0] += A_LOOK_COUNTS_FOR / 2
    assert await recalled() == first
    assert not archive.kept
    now[0] += A_LOOK_COUNTS_FOR / 2
    assert await recalled() == first
    assert list(archive.kept) == [place]


def answer() -> ImageSet:
    return ImageSet(
        job_id=JOB.id,
        pictures=(Picture(image=picture("red"), place="/kept/before"),),
        provider="fake",
        model="fake-1",
        asked_model="fake-1",
        made_at=FrozenClock().now(),
    )
