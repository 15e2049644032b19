"""What is made sure of when an answer is recalled."""

from dataclasses import replace

import pytest

from application.ports.image_cache import Fact
from application.result_cache import STORED_CHECK_SECONDS, ResultCache
from domain.errors import ArchiveUnavailable, CacheUnavailable
from domain.image import Image
from domain.jobs import Job
from domain.requests import ImageRequest
from domain.results import ImageResult, ResultImage
from tests.testkit.fakes import DictCache, FrozenClock, MemoryImageStore, job_for, small_image

pytestmark = pytest.mark.anyio
JOB = job_for()


async def test_a_file_that_was_taken_away_is_written_again_a_moment_later_at_most() -> None:
    archive, now = MemoryImageStore(), [100.0]
    memory = ResultCache(DictCache(), archive, lambda: now[0])
    await archive.record(stored())
    await memory.put(JOB, answer())

    async def recalled() -> ImageResult:
        images = await memory.get(JOB)
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
    archive, cache = MemoryImageStore(), DictCache()
    memory = ResultCache(cache, archive)
    await archive.record(stored())
    await memory.put(JOB, answer())
    await archive.delete(answer().images[0].id, owner=JOB.owner)
    assert await memory.get(JOB) is None
    assert archive.kept == {}


async def test_a_look_at_a_picture_of_one_owner_counts_for_no_other() -> None:
    archive = MemoryImageStore()
    memory = ResultCache(DictCache(), archive, lambda: 0.0)
    other = replace(JOB, id="job_2", owner="somebody", fingerprint="1" * 64)
    for job in (JOB, other):
        await archive.record(replace(stored(), id=job.id, owner=job.owner))
        await memory.put(job, replace(answer(), job_id=job.id))
    await archive.delete(answer().images[0].id, owner=other.owner)
    assert await memory.get(JOB) is not None
    assert await memory.get(other) is None


async def test_what_could_not_be_recorded_is_recalled_and_not_paid_again() -> None:
    archive = MemoryImageStore()
    memory = ResultCache(DictCache(), archive)
    await archive.record(JOB.dispatched())
    await memory.put(JOB, answer())
    assert await memory.get(JOB) is not None


class Silent(MemoryImageStore):
    """An archive that cannot say where anything is."""

    async def ensure_stored(self, image: Image, /, *, owner: str, job_id: str) -> str:
        raise ArchiveUnavailable("The records could not be read.")


async def test_an_archive_that_cannot_tell_costs_the_place_and_not_the_answer() -> None:
    memory = ResultCache(DictCache(), Silent())
    await memory.put(JOB, answer())
    images = await memory.get(JOB)
    assert images is not None
    assert [each.location for each in images.images] == [None]


class NeverForgets(DictCache):
    """A cache that forgets nothing, and breaks when it should."""

    async def delete(self, key: str, /) -> None:
        raise RecursionError("maximum recursion depth exceeded")


async def test_a_cache_that_does_not_forget_what_was_deleted_is_unavailable() -> None:
    memory = ResultCache(NeverForgets(), MemoryImageStore())
    await memory.put(JOB, answer())
    with pytest.raises(CacheUnavailable):
        await memory.get(JOB)


class OutOfOrder(DictCache):
    """A cache that does not keep its promise of what it raises."""

    def _answer(self) -> None:
        raise RecursionError("maximum recursion depth exceeded")


async def test_whatever_a_cache_raises_means_that_it_is_unavailable() -> None:
    memory = ResultCache(OutOfOrder(), MemoryImageStore())
    for calling in (memory.get(JOB), memory.put(JOB, answer())):
        with pytest.raises(CacheUnavailable) as failed:
            await calling
        assert str(failed.value) == "The cache failed (RecursionError)."


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
    await memory.put(JOB, answer())
    entry = cache.entries[JOB.fingerprint]
    facts = {} if change is None else {**entry.facts, **change}
    cache.entries[JOB.fingerprint] = replace(entry, facts=facts)
    recalled = await memory.get(JOB)
    assert (recalled is None) is (change != {"notes": None})


def answer() -> ImageResult:
    return ImageResult(
        job_id=JOB.id,
        images=(ResultImage(image=small_image("red"), location="/kept/before"),),
        provider="fake",
        model="fake-1",
        requested_model="fake-1",
        created_at=FrozenClock().now(),
    )


def stored() -> Job[ImageRequest]:
    return JOB.dispatched().stored(answer().images, None, None)
