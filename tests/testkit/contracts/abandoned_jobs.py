"""What every JobRepository promises of the jobs of processes that have ended.

A new one inherits this suite beside JobRepositoryContract.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from application.ports.job_repository import JobRepository
from domain.errors import Canceled, ImageServiceError
from domain.image_formats import Dimensions
from domain.job_records import JobRecord
from domain.jobs import JobState
from domain.provider_errors import OutcomeUnknown
from domain.requests import AcceptedRequest, GenerateRequest, Quality

from ..fakes import PNG, job_for
from .job_repository import KEY, known, reserve, stored

PROMPTED = GenerateRequest(prompt="a fox", size=Dimensions(1536, 1024), quality=Quality.HIGH)


def outcome(record: JobRecord) -> ImageServiceError | None:
    """How an abandoned job ends: one with a handle stays open."""
    if record.handle is not None:
        return None
    is_reserved = record.state is JobState.RESERVED
    return Canceled("Never sent.") if is_reserved else OutcomeUnknown("Cut.")


@pytest.mark.anyio
class AbandonedJobsContract:
    """Give two fixtures, `records` and `other`: two processes that share one repository."""

    @pytest.fixture
    def records(self) -> JobRepository:
        raise AssertionError("a contract's subclass gives the repository")

    @pytest.fixture
    def other(self) -> JobRepository:
        raise AssertionError("a contract's subclass gives a second instance of the repository")

    async def test_what_belongs_to_the_running_is_not_closed(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        await records.save(job_for().dispatched())
        async with other.active_writers() as active:
            assert await other.close_abandoned(active, outcome) == []
        assert (await known(other)).state is JobState.DISPATCHED

    async def test_abandoned_jobs_are_closed_as_the_rule_says(self, records: JobRepository) -> None:
        await reserve(records, job_for())
        await records.save(job_for(id="job_2").dispatched())
        await records.save(stored(PNG, id="job_3"))
        closed = await records.close_abandoned([], outcome)
        assert {(each.id, each.state) for each in closed} == {
            ("job_1", JobState.FAILED),
            ("job_2", JobState.UNKNOWN),
        }
        for record in closed:
            saved = await known(records, record.id)
            assert saved.failure is not None
            assert record.failure is not None
            assert (saved.state, saved.charged) == (record.state, record.charged)
            assert (saved.failure.code, saved.failure.message) == (
                record.failure.code,
                record.failure.message,
            )
        assert (await known(records, "job_3")).state is JobState.STORED
        assert await records.close_abandoned([], outcome) == []

    async def test_an_accepted_job_keeps_its_handle_and_stays_open_for_who_adopts_it(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        await reserve(records, job_for())
        await records.save(job_for().dispatched().accepted("resp_1"))
        await records.save(job_for(id="job_2").dispatched())
        (accepted,) = await other.accepted()
        assert (accepted.id, accepted.handle, accepted.is_open) == ("job_1", "resp_1", True)
        assert [each.id for each in await other.close_abandoned([], outcome)] == ["job_2"]
        async with other.active_writers() as active:
            assert await other.adopt(["job_1"], active) == []  # its writer is active
            (mine,) = await records.adopt(["job_1", "job_2", "job_missing"], active)
        assert mine == accepted
        (adopted,) = await other.adopt(["job_1"], [])
        assert adopted == accepted
        async with records.active_writers() as active:
            assert await records.adopt(["job_1"], active) == []  # another one's by now
        await other.save(job_for().dispatched().accepted("resp_1").stored(()))
        assert await records.accepted() == []
        assert await records.adopt(["job_1"], []) == []

    async def test_how_a_job_was_requested_is_recorded_once(self, records: JobRepository) -> None:
        asked = job_for(PROMPTED, key=KEY, estimate=Decimal("0.07"))
        await reserve(records, asked)
        known_of_it = AcceptedRequest(prompt="", accepted_action="edit")
        adopted = replace(asked, request=known_of_it, recipe=None, estimate=None)
        await records.save(adopted.dispatched().accepted("resp_1"))
        record = await known(records)
        assert (record.action, record.prompt, record.recipe) == ("generate", "a fox", asked.recipe)
        assert (record.estimate, record.handle) == (Decimal("0.07"), "resp_1")
        assert (record.size, record.quality) == ("1536x1024", "high")
