"""The checks of the result cache before it serves a result."""

from dataclasses import replace
from decimal import Decimal

import pytest

from application.image_library import ImageLibrary
from application.ports.image_cache import Fact
from application.result_cache import STORED_CHECK_SECONDS, ResultCache
from domain.errors import ArchiveUnavailable, CacheUnavailable
from domain.image import Image, StoredRef
from domain.job_records import OwnedImage
from domain.jobs import Job, JobState
from domain.requests import ImageRequest
from domain.results import ImageResult, ResultImage, Usage
from tests.testkit.fakes import (
    DictCache,
    FrozenClock,
    MemoryImageStore,
    MemoryJobRepository,
    job_for,
    small_image,
)

pytestmark = pytest.mark.anyio
JOB = job_for()


def library() -> ImageLibrary:
    """An image library in memory."""
    return ImageLibrary(MemoryImageStore(), MemoryJobRepository())


def kept(images: ImageLibrary) -> dict[str, Image]:
    """The images in the library's store."""
    assert isinstance(images.images, MemoryImageStore)
    return images.images.stored


async def test_a_missing_file_is_restored_within_the_check_interval() -> None:
    images, now = library(), [100.0]
    result_cache = ResultCache(DictCache(), images, lambda: now[0])
    await images.records.save(stored())
    await result_cache.put(JOB, result())

    async def served() -> ImageResult:
        images = await result_cache.get(JOB)
        assert images is not None
        return images

    first = await served()
    (ref,) = kept(images)
    kept(images).clear()
    now[0] += STORED_CHECK_SECONDS / 2
    assert await served() == first
    assert not kept(images)
    now[0] += STORED_CHECK_SECONDS / 2
    assert await served() == first
    assert list(kept(images)) == [ref]


async def test_an_image_that_another_process_deleted_is_not_served_and_not_written_again() -> None:
    images, cache = library(), DictCache()
    result_cache = ResultCache(cache, images)
    await images.records.save(stored())
    await result_cache.put(JOB, result())
    await images.delete([OwnedImage(result().images[0].id, JOB.owner)])
    assert await result_cache.get(JOB) is None
    assert kept(images) == {}


async def test_a_check_of_one_owners_image_counts_for_no_other_owner() -> None:
    images = library()
    result_cache = ResultCache(DictCache(), images, lambda: 0.0)
    other = replace(JOB, id="job_2", owner="another", fingerprint="1" * 64)
    for job in (JOB, other):
        await images.records.save(replace(stored(), id=job.id, owner=job.owner))
        await result_cache.put(job, replace(result(), job_id=job.id))
    await images.delete([OwnedImage(result().images[0].id, other.owner)])
    assert await result_cache.get(JOB) is not None
    assert await result_cache.get(other) is None


async def test_a_result_whose_record_failed_is_served_and_not_charged_again() -> None:
    images = library()
    result_cache = ResultCache(DictCache(), images)
    await images.records.save(JOB.dispatched())
    await result_cache.put(JOB, result())
    assert await result_cache.get(JOB) is not None


async def test_a_result_whose_records_are_lost_is_served_and_recorded_at_its_time_and_cost() -> (
    None
):
    cache, images = DictCache(), library()
    await ResultCache(cache, library()).put(JOB, result())
    served = await ResultCache(cache, images).get(replace(JOB, id="job_2", notes=("another",)))
    assert served is not None
    assert served.job_id == JOB.id
    (image,) = served.images
    assert image.stored is not None
    assert kept(images)[image.stored.ref] == image.image
    record = await images.records.get(JOB.id, owner=JOB.owner)
    assert record is not None
    assert (record.state, record.created_at) == (JobState.STORED, result().created_at)
    assert (record.usage, record.notes) == (result().usage, result().notes)
    assert await images.find(image.id, owner=JOB.owner) == image.image
    await images.delete([OwnedImage(image.id, JOB.owner)])
    assert await ResultCache(cache, images).get(JOB) is None


async def test_a_result_that_cannot_be_recorded_again_is_served() -> None:
    cache = DictCache()
    await ResultCache(cache, library()).put(JOB, result())
    images = ImageLibrary(MemoryImageStore(), UnwritableRecords())
    served = await ResultCache(cache, images).get(JOB)
    assert served is not None
    assert [each.image for each in served.images] == [each.image for each in result().images]


class UnwritableRecords(MemoryJobRepository):
    """Records that cannot be written."""

    async def save(self, job: Job[ImageRequest], /) -> None:
        raise ArchiveUnavailable("The job could not be recorded.")


class UnreadableRecords(MemoryJobRepository):
    """Records that cannot read the location of an image."""

    async def image_refs(self, image: OwnedImage, /) -> list[StoredRef]:
        raise ArchiveUnavailable("The records could not be read.")


async def test_a_result_is_served_without_a_location_if_the_records_fail() -> None:
    result_cache = ResultCache(DictCache(), ImageLibrary(MemoryImageStore(), UnreadableRecords()))
    await result_cache.put(JOB, result())
    images = await result_cache.get(JOB)
    assert images is not None
    assert [each.stored for each in images.images] == [None]


class UndeletableCache(DictCache):
    """A cache that fails to delete."""

    async def delete(self, key: str, /) -> None:
        raise RecursionError("maximum recursion depth exceeded")


async def test_a_cache_that_fails_to_delete_is_unavailable() -> None:
    images = library()
    result_cache = ResultCache(UndeletableCache(), images)
    await images.records.save(stored())
    await result_cache.put(JOB, result())
    await images.delete([OwnedImage(result().images[0].id, JOB.owner)])
    with pytest.raises(CacheUnavailable):
        await result_cache.get(JOB)


class BrokenCache(DictCache):
    """A cache that raises an exception that its port does not allow."""

    def _answer(self) -> None:
        raise RecursionError("maximum recursion depth exceeded")


async def test_any_exception_of_a_cache_means_that_it_is_unavailable() -> None:
    result_cache = ResultCache(BrokenCache(), library())
    for calling in (result_cache.get(JOB), result_cache.put(JOB, result())):
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
async def test_an_entry_of_another_version_is_a_miss_or_the_result(
    change: dict[str, Fact] | None,
) -> None:
    cache = DictCache()
    images = library()
    result_cache = ResultCache(cache, images)
    await images.records.save(stored())
    await result_cache.put(JOB, result())
    entry = cache.entries[JOB.fingerprint]
    facts = {} if change is None else {**entry.facts, **change}
    cache.entries[JOB.fingerprint] = replace(entry, facts=facts)
    served = await result_cache.get(JOB)
    assert (served is None) is (change != {"notes": None})


async def test_the_facts_of_an_entry_have_the_names_of_released_disk_caches() -> None:
    cache = DictCache()
    full = replace(
        result(),
        revised_prompt="A bridge.",
        usage=Usage(text_tokens_in=1, image_tokens_in=2, tokens_out=3, cached_text_tokens_in=4),
        generation_cost=Decimal("0.0317"),
        request_id="req_1",
        notes=("a note",),
    )
    await ResultCache(cache, library()).put(JOB, full)
    assert cache.entries[JOB.fingerprint].facts == {
        "job_id": "job_1",
        "provider": "fake",
        "model": "fake-1",
        "asked_model": "fake-1",
        "made_at": "2026-11-22T12:00:00+00:00",
        "revised_prompt": "A bridge.",
        "cost": "0.0317",
        "request_id": "req_1",
        "tokens": "1 2 3 4 0",
        "notes": ["a note"],
    }


async def test_an_entry_without_a_later_fact_is_served() -> None:
    cache, images = DictCache(), library()
    await images.records.save(stored())
    await ResultCache(cache, images).put(JOB, result())
    entry = cache.entries[JOB.fingerprint]
    facts = {name: fact for name, fact in entry.facts.items() if name != "revised_prompt"}
    cache.entries[JOB.fingerprint] = replace(entry, facts=facts)
    assert await ResultCache(cache, images).get(JOB) is not None


def result() -> ImageResult:
    return ImageResult(
        job_id=JOB.id,
        images=(ResultImage(image=small_image("red"), stored=StoredRef(ref="kept/before")),),
        provider="fake",
        model="fake-1",
        requested_model="fake-1",
        created_at=FrozenClock().now(),
    )


def stored() -> Job[ImageRequest]:
    return JOB.dispatched().stored(result().images)
