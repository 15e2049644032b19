"""What every Archive promises. A new one inherits this suite."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from application.ports.image_store import ImageStore
from domain.errors import NotFound
from domain.jobs import Job
from domain.provider_errors import OutcomeUnknown, RateLimited
from domain.requests import ImageRequest
from domain.results import ResultFacts, ResultImage, Usage

from ..fakes import PNG, job_for, small_image


def stored(place: str) -> Job[ImageRequest]:
    """A job whose one picture is kept at this place."""
    pictures = (ResultImage(image=PNG, location=place),)
    usage = Usage(text_tokens_in=1, image_tokens_in=2, tokens_out=3)
    return job_for().dispatched().stored(pictures, ResultFacts(usage=usage, request_id="req_1"))


@pytest.mark.anyio
class ArchiveContract:
    """Give a fixture `archive`; the rest is asked of it here."""

    @pytest.fixture
    def archive(self, tmp_path: Path) -> ImageStore:
        raise AssertionError("a contract's subclass gives the archive")

    async def test_it_is_ready_before_anything_was_kept(self, archive: ImageStore) -> None:
        await archive.check_writable()

    async def test_a_picture_of_a_recorded_job_is_found_byte_for_byte(
        self, archive: ImageStore
    ) -> None:
        await archive.record(stored(await archive.put(PNG)))
        assert await archive.find(PNG.id, owner="local") == PNG

    async def test_somebody_elses_picture_is_not_found(self, archive: ImageStore) -> None:
        await archive.record(stored(await archive.put(PNG)))
        with pytest.raises(NotFound):
            await archive.find(PNG.id, owner="somebody")

    async def test_an_unknown_id_is_not_found(self, archive: ImageStore) -> None:
        with pytest.raises(NotFound, match="img_0000"):
            await archive.find(f"img_{'0' * 32}", owner="local")

    async def test_equal_bytes_share_a_place_and_others_do_not(self, archive: ImageStore) -> None:
        assert await archive.put(PNG) == await archive.put(PNG)
        assert await archive.put(PNG) != await archive.put(small_image("red"))

    async def test_a_job_can_be_recorded_in_every_state(self, archive: ImageStore) -> None:
        job = job_for().dispatched()
        await archive.record(job)
        for ended in (
            job.failed(RateLimited("x")),
            replace(job, id="job_2").unknown(OutcomeUnknown("y")),
        ):
            await archive.record(ended)
        await archive.record(stored(await archive.put(PNG)))

    async def test_what_is_quarantined_gets_a_place_each(self, archive: ImageStore) -> None:
        places = {await archive.quarantine(data, job_id="job_1") for data in (b"one", b"two", b"")}
        assert len(places) == 3

    async def test_a_deleted_picture_is_not_found_any_more(self, archive: ImageStore) -> None:
        await archive.record(stored(await archive.put(PNG)))
        deleted = await archive.delete(PNG.id, owner="local")
        assert (deleted.images, deleted.bytes) == (1, len(PNG.data))
        assert deleted.fingerprints == {"0" * 64}
        for again in (archive.find, archive.delete):
            with pytest.raises(NotFound):
                await again(PNG.id, owner="local")

    async def test_a_picture_that_was_kept_has_its_place_until_it_is_deleted(
        self, archive: ImageStore
    ) -> None:
        place = await archive.put(PNG)
        with pytest.raises(NotFound):
            await archive.ensure_stored(PNG, owner="local", job_id="job_1")
        job = stored(place)
        await archive.record(job)
        assert await archive.ensure_stored(PNG, owner="local", job_id=job.id) == place
        with pytest.raises(NotFound):
            await archive.ensure_stored(PNG, owner="somebody", job_id=job.id)
        await archive.delete(PNG.id, owner="local")
        with pytest.raises(NotFound):
            await archive.ensure_stored(PNG, owner="local", job_id=job.id)

    async def test_a_picture_whose_jobs_end_is_not_recorded_is_not_taken_for_deleted(
        self, archive: ImageStore
    ) -> None:
        place, job = await archive.put(PNG), job_for().dispatched()
        await archive.record(job)
        assert await archive.ensure_stored(PNG, owner="local", job_id=job.id) == place
        with pytest.raises(NotFound):
            await archive.ensure_stored(PNG, owner="somebody", job_id=job.id)

    async def test_deleting_spares_the_same_picture_of_somebody_else(
        self, archive: ImageStore
    ) -> None:
        job = stored(await archive.put(PNG))
        await archive.record(job)
        await archive.record(replace(job, id="job_2", owner="somebody"))
        assert (await archive.delete(PNG.id, owner="local")).images == 1
        assert await archive.find(PNG.id, owner="somebody") == PNG
        with pytest.raises(NotFound):
            await archive.find(PNG.id, owner="local")

    async def test_pruning_takes_the_oldest_until_the_rest_is_small_enough(
        self, archive: ImageStore
    ) -> None:
        images = [small_image(color) for color in ("red", "green", "blue")]
        begun = job_for().created_at
        for day, image in enumerate(images):
            entry = ResultImage(image=image, location=await archive.put(image))
            job = job_for(id=f"job_{day}", created_at=begun + timedelta(days=day))
            await archive.record(job.dispatched().stored((entry,)))
        rest = sum(len(image.data) for image in images[1:])
        later = begun + timedelta(days=9)
        assert (await archive.prune(begun, keep_bytes=0)).images == 0
        assert (await archive.prune(later, keep_bytes=rest)).images == 1
        with pytest.raises(NotFound):
            await archive.find(images[0].id, owner="local")
        assert (await archive.prune(begun + timedelta(days=2))).images == 1
        assert await archive.find(images[2].id, owner="local") == images[2]
