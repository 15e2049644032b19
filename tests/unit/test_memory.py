"""What is made sure of when an answer is recalled."""

from dataclasses import replace

import pytest

from application.memory import A_LOOK_COUNTS_FOR, Memory
from application.ports.image_cache import Fact
from domain.events import CacheFailed, JobEvent
from domain.jobs import Job
from domain.requests import PictureRequest
from domain.results import ImageSet, Picture
from tests.fakes import DictCache, FrozenClock, MemoryArchive, job_for, picture

pytestmark = pytest.mark.anyio
JOB = job_for()


async def test_a_file_that_was_taken_away_is_written_again_a_moment_later_at_most() -> None:
    archive, now = MemoryArchive(), [100.0]
    memory = Memory(DictCache(), archive, lambda: now[0])
    await archive.record(stored())
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


async def test_what_another_process_has_deleted_is_not_recalled_and_not_written_again() -> None:
    archive, cache, told = MemoryArchive(), DictCache(), list[JobEvent]()
    memory = Memory(cache, archive)
    await archive.record(stored())
    await memory.keep(JOB, answer(), lambda _: None)
    await archive.delete(answer().pictures[0].id, owner=JOB.owner)
    assert await memory.recall(JOB, told.append) is None
    assert (archive.kept, told) == ({}, [])


class OutOfOrder(DictCache):
    """A cache that does not keep its promise of what it raises."""

    def _answer(self) -> None:
        raise RecursionError("maximum recursion depth exceeded")


async def test_whatever_a_cache_raises_is_a_miss_and_a_warning() -> None:
    told: list[JobEvent] = []
    memory = Memory(OutOfOrder(), MemoryArchive())
    assert await memory.recall(JOB, told.append) is None
    await memory.keep(JOB, answer(), told.append)
    warnings = [event for event in told if isinstance(event, CacheFailed)]
    assert [str(event.error) for event in warnings] == 2 * ["The cache failed (RecursionError)."]


@pytest.mark.parametrize(
    "change",
    [
        {"cost": "much"},
        {"made_at": "yesterday"},
        {"tokens": "1 2"},
        {"tokens": "a b c"},
        {"notes": None},
        None,
    ],
)
async def test_an_entry_of_another_version_is_a_miss_or_the_answer(
    change: dict[str, Fact] | None,
) -> None:
    cache = DictCache()
    archive = MemoryArchive()
    memory = Memory(cache, archive)
    await archive.record(stored())
    await memory.keep(JOB, answer(), lambda _: None)
    entry = cache.entries[JOB.fingerprint]
    facts = {} if change is None else {**entry.facts, **change}
    cache.entries[JOB.fingerprint] = replace(entry, facts=facts)
    told: list[JobEvent] = []
    recalled = await memory.recall(JOB, told.append)
    assert (recalled is None) is (change != {"notes": None})
    assert not any(isinstance(event, CacheFailed) for event in told)


def answer() -> ImageSet:
    return ImageSet(
        job_id=JOB.id,
        pictures=(Picture(image=picture("red"), place="/kept/before"),),
        provider="fake",
        model="fake-1",
        asked_model="fake-1",
        made_at=FrozenClock().now(),
    )


def stored() -> Job[PictureRequest]:
    return JOB.dispatched().stored(answer().pictures, None, None)
