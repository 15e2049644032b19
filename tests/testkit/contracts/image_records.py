"""What every JobRepository promises about images. A new one inherits this suite, too."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from application.ports.job_repository import JobRepository
from domain.errors import ArchiveUnavailable
from domain.image import StoredRef
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

    async def test_a_trashed_image_is_gone_from_all_other_answers(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        await records.save(stored(PNG, RED))
        await records.save(stored(PNG, id="job_2", owner="other"))
        await throw_away(records, MINE)
        assert await other.by_image(PNG.id, owner="local") is None
        assert [image.id for image in (await known(other)).images] == [RED.id]
        assert await other.image_refs(MINE) == []
        assert MINE not in {each.image for each in await other.images_by_age()}
        async with other.image_references([MINE]) as found:
            assert found == []
        assert await other.by_image(PNG.id, owner="other") is not None

    async def test_the_trash_is_listed_by_owner_the_latest_deletion_first(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        await records.save(stored(PNG, RED))
        await records.save(stored(PNG, id="job_2", owner="other"))
        await records.save(stored(PNG, id="job_3"))
        await throw_away(records, MINE)
        await throw_away(records, OwnedImage(RED.id, "local"), at=TRASHED + timedelta(hours=1))
        await throw_away(records, OwnedImage(PNG.id, "other"))
        latest, first = await other.trash(owner="local")
        assert (latest.image.id, latest.deleted_at) == (RED.id, TRASHED + timedelta(hours=1))
        assert (first.image, first.deleted_at, first.prompt) == (MINE, TRASHED, "a red bridge")
        assert [{*each.jobs} for each in (first, latest)] == [{"job_1", "job_3"}, {"job_1"}]
        assert first.stored is not None
        assert first.stored.ref == f"p/{PNG.id}.png"
        assert len(await other.trash()) == 3
        assert await other.trash(owner="a stranger") == []

    async def test_a_restored_image_is_back_with_all_its_jobs_and_places(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        later = BEGUN + timedelta(days=1)
        await records.save(stored(RED, PNG, ref="old"))
        await records.save(stored(PNG, id="job_2", ref="new", created_at=later))
        before = [await known(records, job) for job in ("job_1", "job_2")]
        await throw_away(records, MINE)
        old = f"old/{PNG.id}.png"
        async with records.trashed_references([MINE]) as found:
            assert [each.jobs for each in found] == [{"job_1", "job_2"}]
            found[0].restore({old: StoredRef(ref="moved")})
        assert await other.trash() == []
        refs = [each.ref for each in await other.image_refs(MINE)]
        assert refs == [f"new/{PNG.id}.png", "moved"]
        after = [await known(other, job) for job in ("job_1", "job_2")]
        assert [{image.id for image in each.images} for each in after] == [
            {image.id for image in each.images} for each in before
        ]
        assert after[1] == before[1]

    async def test_an_image_in_the_trash_is_forgotten(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        await records.save(stored(PNG))
        await throw_away(records, MINE)
        async with records.trashed_references([MINE, OwnedImage(RED.id, "local")]) as found:
            (references,) = found
            references.forget()
        assert await other.trash() == []
        async with other.trashed_references([MINE]) as found:
            assert found == []

    async def test_it_is_known_whether_an_image_in_the_trash_has_other_owners(
        self, records: JobRepository
    ) -> None:
        theirs = OwnedImage(PNG.id, "other")
        await records.save(stored(PNG))
        await records.save(stored(PNG, id="job_2", owner="other"))
        await throw_away(records, MINE)
        async with records.trashed_references([MINE]) as found:
            assert [(each.in_use, each.shared) for each in found] == [(True, False)]
        await throw_away(records, theirs)
        async with records.trashed_references([MINE]) as found:
            assert [(each.in_use, each.shared) for each in found] == [(False, True)]
        async with records.trashed_references([MINE, theirs]) as found:
            assert [(each.in_use, each.shared) for each in found] == [(False, False)] * 2

    async def test_an_image_that_was_made_again_is_in_use_and_in_the_trash(
        self, records: JobRepository
    ) -> None:
        await records.save(stored(PNG))
        await throw_away(records, MINE)
        await records.save(stored(PNG, id="job_2"))
        async with records.trashed_references([MINE]) as found:
            assert [each.in_use for each in found] == [True]
        await throw_away(records, MINE)
        assert len(await records.trash()) == 1
        async with records.trashed_references([MINE]) as found:
            assert [each.jobs for each in found] == [{"job_1", "job_2"}]

    async def test_a_block_over_the_trash_that_raises_changes_nothing(
        self, records: JobRepository
    ) -> None:
        await records.save(stored(PNG))
        await throw_away(records, MINE)

        async def restore() -> None:
            async with records.trashed_references([MINE]) as found:
                found[0].restore({})
                raise ArchiveUnavailable("No file was moved.")

        with pytest.raises(ArchiveUnavailable, match="No file was moved"):
            await restore()
        assert len(await records.trash()) == 1
        assert await records.by_image(PNG.id, owner="local") is None


MINE = OwnedImage(PNG.id, "local")
TRASHED = BEGUN + timedelta(days=2)


async def throw_away(records: JobRepository, image: OwnedImage, *, at: datetime = TRASHED) -> None:
    """Move the image to the trash, at this time."""
    async with records.image_references([image]) as found:
        for references in found:
            references.trash(at=at)
