"""What is made sure of when an answer is recalled."""

from dataclasses import replace

import pytest

from application.ports.image_cache import Fact
from application.result_cache import STORED_CHECK_SECONDS, ResultCache
from domain.errors import ArchiveUnavailable
from domain.events import CacheFailed, JobEvent
from domain.image import Image
from domain.jobs import Job
from domain.requests import ImageRequest
from domain.results import ImageResult, ResultImage
from tests.testkit.fakes import DictCache, FrozenClock, MemoryImageStore, job_for, picture

pytestmark = pytest.mark.anyio
JOB = job_for()


async def test_a_file_that_was_taken_away_is_written_again_a_moment_later_at_most() -> None:
    archive, now = MemoryImageStore(), [100.0]
    memory = ResultCache(DictCache(), archive, lambda: now[0])
    await archive.record(stored())
    await memory.put(JOB, answer(), lambda _: None)

    async def recalled() -> ImageResult:
        images = await memory.get(JOB, lambda _: None)
        assert images is not None
        return images

    first = await recalled()
    (place,) = archive.kept
    archive.kept.clear()
    now[0] += STORED_CHECK_SECONDS / 2
    assert await recalled() == first
    assert not archive.kept
    now[0] += STORED_CHECK_SECONDS / 2
    assert await recalled() == first
    assert list(archive.kept) == [place]


async def test_what_another_process_has_deleted_is_not_recalled_and_not_written_again() -> None:
    archive, cache, told = MemoryImageStore(), DictCache(), list[JobEvent]()
    memory = ResultCache(cache, archive)
    await archive.record(stored())
    await memory.put(JOB, answer(), lambda _: None)
    await archive.delete(answer().images[0].id, owner=JOB.owner)
    assert await memory.get(JOB, told.append) is None
    assert (archive.kept, told) == ({}, [])


async def test_a_look_at_a_picture_of_one_owner_counts_for_no_other() -> None:
    archive = MemoryImageStore()
    memory = ResultCache(DictCache(), archive, lambda: 0.0)
    other = replace(JOB, id="job_2", owner="somebody", fingerprint="1" * 64)
    for job in (JOB, other):
        await archive.record(replace(stored(), id=job.id, owner=job.owner))
        await memory.put(job, replace(answer(), job_id=job.id), lambda _: None)
    await archive.delete(answer().images[0].id, owner=other.owner)
    assert await memory.get(JOB, lambda _: None) is not None
    assert await memory.get(other, lambda _: None) is None


async def test_what_could_not_be_recorded_is_recalled_and_not_paid_again() -> None:
    archive = MemoryImageStore()
    memory = ResultCache(DictCache(), archive)
    await archive.record(JOB.dispatched())
    await memory.put(JOB, answer(), lambda _: None)
    assert await memory.get(JOB, lambda _: None) is not None


class Silent(MemoryImageStore):
    """An archive that cannot say where anything is."""

    async def ensure_stored(self, image: Image, /, *, owner: str, job_id: str) -> str:
        raise ArchiveUnavailable("The records could not be read.")


async def test_an_archive_that_cannot_tell_costs_the_place_and_not_the_answer() -> None:
    memory = ResultCache(DictCache(), Silent())
    await memory.put(JOB, answer(), lambda _: None)
    images = await memory.get(JOB, lambda _: None)
    assert images is not None
    assert [each.location for each in images.images] == [None]


class NeverForgets(DictCache):
    """A cache that forgets nothing, and breaks when it should."""

    async def delete(self, key: str, /) -> None:
        raise RecursionError("maximum recursion depth exceeded")


async def test_a_cache_that_does_not_forget_what_was_deleted_has_a_miss_and_a_warning() -> None:
    memory, told = ResultCache(NeverForgets(), MemoryImageStore()), list[JobEvent]()
    await memory.put(JOB, answer(), lambda _: None)
    assert await memory.get(JOB, told.append) is None
    assert [type(event) for event in told] == [CacheFailed]


class OutOfOrder(DictCache):
    """A cache that does not keep its promise of what it raises."""

    def _answer(self) -> None:
        raise RecursionError("maximum recursion depth exceeded")


async def test_whatever_a_cache_raises_is_a_miss_and_a_warning() -> None:
    told: list[JobEvent] = []
    memory = ResultCache(OutOfOrder(), MemoryImageStore())
    assert await memory.get(JOB, told.append) is None
    await memory.put(JOB, answer(), told.append)
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
    archive = MemoryImageStore()
    memory = ResultCache(cache, archive)
    await archive.record(stored())
    await memory.put(JOB, answer(), lambda _: None)
    entry = cache.entries[JOB.fingerprint]
    facts = {} if change is None else {**entry.facts, **change}
    cache.entries[JOB.fingerprint] = replace(entry, facts=facts)
    told: list[JobEvent] = []
    recalled = await memory.get(JOB, told.append)
    assert (recalled is None) is (change != {"notes": None})
    assert not any(isinstance(event, CacheFailed) for event in told)


def answer() -> ImageResult:
    return ImageResult(
        job_id=JOB.id,
        images=(ResultImage(image=picture("red"), location="/kept/before"),),
        provider="fake",
        model="fake-1",
        requested_model="fake-1",
        created_at=FrozenClock().now(),
    )


def stored() -> Job[ImageRequest]:
    return JOB.dispatched().stored(answer().images, None, None)
