"""What every JobRepository promises about images. A new one inherits this suite, too."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from application.ports.job_repository import JobRepository
from domain.errors import ArchiveUnavailable
from domain.job_records import OwnedImage
from domain.results import ResultImage

from ..fakes import PNG, job_for, small_image
from .job_repository import BEGUN, RED, known, stored

BLUE = small_image("blue")


@pytest.mark.anyio
class ImageRecordsContract:
    """Give two fixtures, `records` and `other`: two processes that share one repository."""

    @pytest.fixture
    def records(self) -> JobRepository:
        raise AssertionError("a contract's subclass gives the repository")

    @pytest.fixture
    def other(self) -> JobRepository:
        raise AssertionError("a contract's subclass gives a second instance of the repository")

    async def test_every_place_of_an_image_is_known_the_latest_first(
        self, records: JobRepository
    ) -> None:
        later = BEGUN + timedelta(days=1)
        await records.save(stored(PNG, id="job_2", ref="new", created_at=later))
        await records.save(stored(PNG, ref="old"))
        await records.save(stored(RED, id="job_3"))
        refs = await records.image_refs(OwnedImage(PNG.id, "local"))
        assert [each.ref for each in refs] == [f"new/{PNG.id}.png", f"old/{PNG.id}.png"]

    async def test_images_of_all_owners_come_by_the_age_of_their_latest_job(
        self, records: JobRepository
    ) -> None:
        later = BEGUN + timedelta(days=1)
        await records.save(stored(PNG, RED))
        await records.save(stored(RED, id="job_2", created_at=later))
        await records.save(stored(PNG, id="job_3", owner="other", created_at=later))
        lost = ResultImage(image=small_image("blue"))
        await records.save(job_for(id="job_4").dispatched().stored((lost,)))
        first, *rest = await records.images_by_age()
        assert (first.image, first.created_at) == (OwnedImage(PNG.id, "local"), BEGUN)
        assert {each.image for each in rest} == {
            OwnedImage(RED.id, "local"),
            OwnedImage(PNG.id, "other"),
        }
        assert await records.images_by_age(before=later) == [first]
        assert await records.images_by_age(before=BEGUN) == []
        assert await records.images_by_age(before=later + timedelta(seconds=1)) == [first, *rest]

    async def test_images_and_jobs_are_found_by_the_beginning_of_their_ids(
        self, records: JobRepository
    ) -> None:
        await records.save(stored(PNG, RED, id="job_0a1"))
        await records.save(stored(PNG, id="job_0a2", owner="other"))
        await records.save(stored(PNG, id="job_0af", created_at=BEGUN + timedelta(days=1)))
        await records.save(job_for(id="job_0b").dispatched().stored((ResultImage(image=BLUE),)))
        for image, length in ((PNG, 12), (PNG, 36), (RED, 12), (BLUE, 36)):
            found = await records.images_by_prefix(image.id[:length], owner="local", limit=9)
            wanted = [] if image is BLUE else [OwnedImage(image.id, "local")]
            assert [each.image for each in found] == wanted
        every = await records.images_by_prefix("img_", owner="local", limit=9)
        assert [each.image.id for each in every] == sorted([PNG.id, RED.id])
        assert len(await records.images_by_prefix("img_", owner="local", limit=1)) == 1
        for prefix, wanted_jobs in (("job_0a", ["job_0af", "job_0a1"]), ("job_0af0", [])):
            jobs = await records.by_prefix(prefix, owner="local", limit=9)
            assert [each.id for each in jobs] == wanted_jobs

    async def test_the_sizes_of_stored_images_are_added_those_in_the_trash_too(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        assert await records.total_bytes() == 0
        await records.save(stored(PNG, RED))
        await records.save(stored(PNG, id="job_2", owner="other"))
        await records.save(job_for(id="job_3").dispatched().stored((ResultImage(image=BLUE),)))
        total = 2 * len(PNG.data) + len(RED.data)
        assert await other.total_bytes() == total
        async with records.image_references([OwnedImage(PNG.id, "local")]) as found:
            found[0].trash(at=BEGUN)
        assert await other.total_bytes() == total
        async with records.image_references([OwnedImage(RED.id, "local")]) as found:
            found[0].forget()
        assert await other.total_bytes() == total - len(RED.data)

    async def test_an_image_is_forgotten_with_all_its_references(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        for number in range(2):
            await records.save(stored(PNG, RED, id=f"job_{number}", fingerprint=str(number)))
        await records.save(stored(PNG, id="job_3", owner="other"))
        unknown = OwnedImage(small_image("blue").id, "local")
        async with records.image_references([OwnedImage(PNG.id, "local"), unknown]) as found:
            (references,) = found
            assert references.fingerprints == {"0", "1"}
            assert references.shared
            assert [each.ref for each in references.stored] == [f"p/{PNG.id}.png"]
            references.forget()
        assert await other.by_image(PNG.id, owner="local") is None
        assert [image.id for image in (await known(other, "job_0")).images] == [RED.id]
        assert await other.by_image(PNG.id, owner="other") is not None

    async def test_an_image_is_shared_only_with_owners_who_are_not_asked_for(
        self, records: JobRepository
    ) -> None:
        both = [OwnedImage(PNG.id, owner) for owner in ("local", "other")]
        for number, image in enumerate(both):
            await records.save(stored(PNG, id=f"job_{number}", owner=image.owner))
        async with records.image_references(both) as found:
            assert [(each.image, each.shared) for each in found] == [(it, False) for it in both]
        async with records.image_references(both[:1]) as found:
            assert [each.shared for each in found] == [True]

    async def test_an_image_that_moved_is_known_at_its_new_place_alone(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        await records.save(stored(PNG, RED))
        moved = replace((await records.image_refs(OwnedImage(PNG.id, "local")))[0], ref="new")
        async with records.image_references([OwnedImage(PNG.id, "local")]) as found:
            found[0].move_to(moved)
        refs = await other.image_refs(OwnedImage(PNG.id, "local"))
        assert [each.ref for each in refs] == ["new"]
        assert await other.image_refs(OwnedImage(RED.id, "local")) != refs

    async def test_a_block_that_raises_changes_nothing(self, records: JobRepository) -> None:
        await records.save(stored(PNG))

        async def forget() -> None:
            async with records.image_references([OwnedImage(PNG.id, "local")]) as found:
                found[0].forget()
                raise ArchiveUnavailable("No file was deleted.")

        with pytest.raises(ArchiveUnavailable, match="No file was deleted"):
            await forget()
        assert await records.by_image(PNG.id, owner="local") is not None

    async def test_references_are_held_by_one_process_at_a_time(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        await records.save(stored(PNG))
        order: list[str] = []

        async def look(name: str, repository: JobRepository) -> None:
            async with repository.image_references([OwnedImage(PNG.id, "local")]) as found:
                order.append(f"{name} finds {len(found)}")
                await asyncio.sleep(0.05)
                for references in found:
                    references.forget()
                order.append(f"{name} leaves")

        await asyncio.gather(look("one", records), look("two", other), look("three", records))
        (first, *_), finds = order[0].split(), [line for line in order if "finds" in line]
        assert order[1] == f"{first} leaves"
        assert finds[0].endswith("finds 1")
        assert [line[-1] for line in finds[1:]] == ["0", "0"]

    async def test_nothing_is_saved_while_references_are_held(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        await records.save(stored(PNG))
        async with records.image_references([OwnedImage(PNG.id, "local")]):
            saving = asyncio.ensure_future(other.save(stored(PNG, id="job_2")))
            done, _ = await asyncio.wait({saving}, timeout=0.1)
            assert not done
            assert await other.get("job_1", owner="local") is not None
        await saving

    async def test_a_caller_that_is_canceled_holds_nothing(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        await records.save(stored(PNG))

        async def hold(repository: JobRepository) -> None:
            async with repository.image_references([OwnedImage(PNG.id, "local")]) as found:
                found[0].forget()
                await asyncio.Event().wait()

        tasks = [asyncio.create_task(hold(each)) for each in (records, other, records)]
        await asyncio.sleep(0.1)  # one holds the references, two wait for them
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await asyncio.wait_for(other.save(job_for(id="job_2")), 10)
        assert await other.by_image(PNG.id, owner="local") is not None
