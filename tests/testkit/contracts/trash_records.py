"""What every JobRepository promises about the trash. A new one inherits this suite, too."""

from datetime import datetime, timedelta

import pytest

from application.ports.job_repository import JobRepository
from domain.errors import ArchiveUnavailable
from domain.image import StoredRef
from domain.job_records import OwnedImage

from ..fakes import PNG
from .job_repository import BEGUN, RED, known, stored

MINE = OwnedImage(PNG.id, "local")
TRASHED = BEGUN + timedelta(days=2)


async def throw_away(records: JobRepository, image: OwnedImage, *, at: datetime = TRASHED) -> None:
    """Move the image to the trash, at this time."""
    async with records.image_references([image]) as found:
        for references in found:
            references.trash(at=at)


@pytest.mark.anyio
class TrashRecordsContract:
    """Give two fixtures, `records` and `other`: two processes that share one repository."""

    @pytest.fixture
    def records(self) -> JobRepository:
        raise AssertionError("a contract's subclass gives the repository")

    @pytest.fixture
    def other(self) -> JobRepository:
        raise AssertionError("a contract's subclass gives a second instance of the repository")

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
