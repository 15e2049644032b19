"""What is made sure of when an answer is recalled."""

from dataclasses import replace

import pytest

from application.ports.image_cache import Entry, Fact
from application.result_cache import A_LOOK_COUNTS_FOR, Memory
from domain.errors import ArchiveUnavailable
from domain.events import CacheFailed, JobEvent
from domain.image import Image
from domain.jobs import Job
from domain.requests import PictureRequest
from domain.results import ImageSet, Picture
from tests.testkit.fakes import DictCache, FrozenClock, MemoryArchive, job_for, picture

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


async def test_a_look_at_a_picture_of_one_owner_counts_for_no_other() -> None:
    archive = MemoryArchive()
    memory = Memory(DictCache(), archive, lambda: 0.0)
    other = replace(JOB, id="job_2", owner="somebody", fingerprint="1" * 64)
    for job in (JOB, other):
        await archive.record(replace(stored(), id=job.id, owner=job.owner))
        await memory.keep(job, replace(answer(), job_id=job.id), lambda _: None)
    await archive.delete(answer().pictures[0].id, owner=other.owner)
    assert await memory.recall(JOB, lambda _: None) is not None
    assert await memory.recall(other, lambda _: None) is None


async def test_what_could_not_be_recorded_is_recalled_and_not_paid_again() -> None:
    archive = MemoryArchive()
    memory = Memory(DictCache(), archive)
    await archive.record(JOB.dispatched())
    await memory.keep(JOB, answer(), lambda _: None)
    assert await memory.recall(JOB, lambda _: None) is not None


class Silent(MemoryArchive):
    """An archive that cannot say where anything is."""

    async def place_of(self, image: Image, /, *, owner: str, job_id: str) -> str:
        raise ArchiveUnavailable("The records could not be read.")


async def test_an_archive_that_cannot_tell_costs_the_place_and_not_the_answer() -> None:
    memory = Memory(DictCache(), Silent())
    await memory.keep(JOB, answer(), lambda _: None)
    images = await memory.recall(JOB, lambda _: None)
    assert images is not None
    assert [each.place for each in images.pictures] == [None]


class NeverForgets(DictCache):
    """A cache that forgets nothing, and breaks when it should."""

    async def put(self, key: str, entry: Entry, /, *, age: float = 0.0) -> None:
        if age:
            raise RecursionError("maximum recursion depth exceeded")
        await super().put(key, entry)


async def test_a_cache_that_does_not_forget_what_was_deleted_has_a_miss_and_a_warning() -> None:
    memory, told = Memory(NeverForgets(), MemoryArchive()), list[JobEvent]()
    await memory.keep(JOB, answer(), lambda _: None)
    assert await memory.recall(JOB, told.append) is None
    assert [type(event) for event in told] == [CacheFailed]


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
