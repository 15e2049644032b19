"""What every JobRepository promises. A new one inherits this suite."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from application.ports.job_repository import AlreadyRunning, JobRepository, Reserved
from domain.errors import Busy, ChargeStatus
from domain.image import Image, StoredRef
from domain.job_records import JobPosition, JobRecord, OwnedImage, may_retry
from domain.jobs import IdempotencyKey, Job, JobState
from domain.money.estimates import CallKind
from domain.money.spending import Spending, SpendingEntry
from domain.provider_errors import BadProviderReply, ProviderTimedOut, RateLimited
from domain.requests import ImageRequest
from domain.results import MainlineUsage, ResultFacts, ResultImage, Usage

from ..fakes import PNG, job_for, small_image

AnyJob = Job[ImageRequest]

KEY = IdempotencyKey("k-1", "a digest")
RED = small_image("red")
PLACE = StoredRef(ref="p")
BEGUN = job_for().created_at


def stored(*images: Image, ref: str = "p", **facts: Any) -> AnyJob:  # noqa: ANN401 - fields of Job
    """A job whose images are stored at `ref` and their ID."""
    results = tuple(
        ResultImage(image=image, stored=StoredRef(ref=f"{ref}/{image.id}.png")) for image in images
    )
    return job_for(**facts).dispatched().stored(results)


async def reserve(
    records: JobRepository, job: AnyJob, *, most: int = 1000
) -> Reserved | AlreadyRunning:
    """Reserve the job beside at most `most - 1` other ones."""

    def check(spent: Spending) -> None:
        if len(spent.entries()) >= most:
            raise Busy("There are too many.", retry_after=1.0)

    since = job.created_at - timedelta(hours=1)
    return await records.reserve(job, since=since, check=check, may_replace=may_retry)


async def known(records: JobRepository, job_id: str = "job_1") -> JobRecord:
    """The record of a job that there must be."""
    record = await records.get(job_id, owner="local")
    assert record is not None
    return record


@pytest.mark.anyio
class JobRepositoryContract:
    """Give two fixtures, `records` and `other`: two processes that share one repository."""

    @pytest.fixture
    def records(self) -> JobRepository:
        raise AssertionError("a contract's subclass gives the repository")

    @pytest.fixture
    def other(self) -> JobRepository:
        raise AssertionError("a contract's subclass gives a second instance of the repository")

    async def test_a_stored_job_is_read_as_it_was_saved(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        usage = Usage(text_tokens_in=1, image_tokens_in=2, tokens_out=3)
        image = ResultImage(image=PNG, stored=PLACE, notes=("smaller",))
        job = job_for(key=KEY, estimate=Decimal("0.07"))
        facts = ResultFacts(
            revised_prompt="a bridge", usage=usage, request_id="req_1", notes=("one",)
        )
        await reserve(records, job)
        await records.save(job.dispatched().stored((image,), facts))
        record = await known(other)
        bound = await other.by_key(KEY.value, owner="local")
        assert bound is not None
        assert bound.record == await other.by_image(PNG.id, owner="local") == record
        assert (record.state, record.estimate) == (JobState.STORED, Decimal("0.07"))
        assert (record.usage, record.request_id) == (usage, "req_1")
        assert (record.revised_prompt, record.notes) == ("a bridge", ("one",))
        assert (record.created_at, record.is_open) == (job.created_at, False)
        (saved,) = record.images
        assert (saved.id, saved.stored, saved.notes) == (PNG.id, PLACE, ("smaller",))
        assert (saved.format, str(saved.dimensions), saved.size) == ("png", "8x8", len(PNG.data))

    async def test_tokens_of_two_models_are_read_as_saved_also_of_a_failure(
        self, records: JobRepository
    ) -> None:
        mainline = MainlineUsage(
            tokens_in=1633, tokens_out=43, cached_tokens_in=500, written_tokens_in=1000
        )
        error = BadProviderReply("Words instead of an image.")
        error.usage = Usage(text_tokens_in=1, image_tokens_in=2, tokens_out=3, mainline=mainline)
        await records.save(job_for().dispatched().ended(error))
        record = await known(records)
        assert (record.state, record.usage) == (JobState.FAILED, error.usage)

    async def test_a_failure_is_read_in_its_own_words(self, records: JobRepository) -> None:
        await records.save(job_for().dispatched().ended(ProviderTimedOut("Too long.")))
        record = await known(records)
        assert record.state is JobState.UNKNOWN
        assert record.failure is not None
        assert (record.failure.code, record.failure.message) == ("provider_timed_out", "Too long.")
        assert (record.failure.charged, record.failure.retryable) == (ChargeStatus.MAYBE, False)
        assert record.failure.hint == ProviderTimedOut.default_hint

    async def test_a_later_state_replaces_an_earlier_one(self, records: JobRepository) -> None:
        await reserve(records, job_for())
        assert (await known(records)).state is JobState.RESERVED
        await records.save(job_for().dispatched())
        assert (await known(records)).state is JobState.DISPATCHED
        await records.save(job_for().dispatched().failed(RateLimited("Not now.")))
        assert (await known(records)).state is JobState.FAILED

    async def test_nothing_of_another_owner_is_found(self, records: JobRepository) -> None:
        await reserve(records, job_for(key=KEY))
        await records.save(stored(PNG))
        for owner, found in (("other", False), ("local", True)):
            assert (await records.get("job_1", owner=owner) is not None) == found
            assert (await records.by_key(KEY.value, owner=owner) is not None) == found
            assert (await records.by_image(PNG.id, owner=owner) is not None) == found
            assert bool(await records.recent(owner=owner, limit=1)) == found
            assert bool(await records.image_refs(OwnedImage(PNG.id, owner))) == found

    async def test_jobs_of_one_moment_have_an_order(self, records: JobRepository) -> None:
        for number in (2, 0, 1):
            await records.save(stored(PNG, id=f"job_{number}"))
        recent = await records.recent(owner="local", limit=2)
        assert [record.id for record in recent] == ["job_2", "job_1"]
        older = await records.recent(owner="local", limit=9, start=JobPosition(BEGUN, "job_1"))
        assert [record.id for record in older] == ["job_1", "job_0"]

    async def test_the_newest_jobs_come_first(self, records: JobRepository) -> None:
        for number in range(3):
            created_at = BEGUN + timedelta(seconds=number)
            await records.save(stored(PNG, id=f"job_{number}", created_at=created_at))
        await records.save(job_for(id="job_open"))
        await records.save(job_for(id="job_sent").dispatched())
        await records.save(job_for(id="job_lost").dispatched().ended(ProviderTimedOut("")))
        await records.save(job_for(id="job_failed").dispatched().failed(RateLimited("")))
        recent = await records.recent(owner="local", limit=2)
        assert [record.id for record in recent] == ["job_2", "job_1"]
        start = JobPosition(BEGUN + timedelta(seconds=1), "job_1")
        older = await records.recent(owner="local", limit=9, start=start)
        assert [record.id for record in older] == ["job_1", "job_0"]
        unsettled = await records.unsettled(owner="local", limit=9)
        assert {record.id for record in unsettled} == {"job_open", "job_sent", "job_lost"}
        newest = await records.by_image(PNG.id, owner="local")
        assert newest is not None
        assert newest.id == "job_2"

    async def test_a_dismissed_job_leaves_the_unsettled_ones_and_stays_recorded(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        for number in range(3):
            lost = job_for(id=f"job_{number}", created_at=BEGUN + timedelta(seconds=number))
            await records.save(lost.dispatched().ended(ProviderTimedOut("Too long.")))
        await records.dismiss(["job_0", "job_2", "job_missing"], owner="local")
        await records.dismiss(["job_1"], owner="other")
        unsettled = await other.unsettled(owner="local", limit=9)
        assert [record.id for record in unsettled] == ["job_1"]
        latest = await other.latest(owner="local", limit=2)
        assert [(record.id, record.dismissed) for record in latest] == [
            ("job_2", True),
            ("job_1", False),
        ]
        assert (await known(other, "job_0")).state is JobState.UNKNOWN
        assert await other.latest(owner="other", limit=9) == []

    async def test_a_rule_sees_what_others_spent_and_what_it_refuses_is_not_recorded(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        entries: list[SpendingEntry] = []
        await records.save(job_for(id="job_old", created_at=BEGUN - timedelta(days=1)))
        await records.save(job_for(estimate=Decimal(3)).dispatched())

        def refuse(spent: Spending) -> None:
            entries.extend(spent.entries())
            raise Busy("There is no room.", retry_after=1.0)

        for since in (BEGUN - timedelta(hours=1), None):
            with pytest.raises(Busy):
                await other.reserve(
                    job_for(id="job_2", key=KEY), since=since, check=refuse, may_replace=may_retry
                )
        assert entries == [SpendingEntry(at=BEGUN, usd=Decimal(3), images=1)]
        assert await records.get("job_2", owner="local") is None
        assert await records.by_key(KEY.value, owner="local") is None

    async def test_of_fifty_at_once_exactly_as_many_are_reserved_as_the_rule_allows(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        reserving = (
            reserve((records, other)[number % 2], job_for(id=f"job_{number}"), most=10)
            for number in range(50)
        )
        ends = await asyncio.gather(*reserving, return_exceptions=True)
        assert sum(end == Reserved() for end in ends) == 10
        assert sum(isinstance(end, Busy) for end in ends) == 40
        assert len(await records.unsettled(owner="local", limit=99)) == 10

    async def test_of_two_that_begin_under_one_key_one_is_reserved(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        one, two = job_for(key=KEY), job_for(id="job_2", key=KEY)
        ends = await asyncio.gather(reserve(records, one), reserve(other, two))
        (winner,) = (job for job, end in zip((one, two), ends, strict=True) if end == Reserved())
        assert AlreadyRunning(winner.id) in ends
        (recorded,) = await records.unsettled(owner="local", limit=9)
        assert recorded.id == winner.id
        assert await reserve(other, job_for(id="job_3", owner="other", key=KEY)) == Reserved()

    async def test_a_key_is_bound_with_what_was_requested_under_it(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        assert await records.by_key(KEY.value, owner="local") is None
        await reserve(records, job_for(key=KEY))
        bound = await other.by_key(KEY.value, owner="local")
        assert bound is not None
        assert (bound.key, bound.record) == (KEY, await known(records))

    async def test_a_key_is_taken_only_from_a_job_that_may_be_replaced(
        self, records: JobRepository
    ) -> None:
        async def bound_to() -> str:
            bound = await records.by_key(KEY.value, owner="local")
            assert bound is not None
            return bound.record.id

        await reserve(records, job_for(key=KEY))
        await records.save(job_for(key=KEY).dispatched().failed(RateLimited("Not now.")))
        assert await reserve(records, job_for(id="job_2", key=KEY)) == Reserved()
        assert await bound_to() == "job_2"
        await records.bind_key(KEY, "job_1", owner="local", may_replace=may_retry)
        assert await bound_to() == "job_2"
        await records.bind_key(KEY, "job_1", owner="local", may_replace=lambda _: True)
        assert await bound_to() == "job_1"

    async def test_the_newest_stored_jobs_of_a_kind_tell_how_long_they_took(
        self, records: JobRepository, other: JobRepository
    ) -> None:
        now = datetime.now(UTC)
        for seconds, owner in ((40, "local"), (20, "other"), (60, "local"), (99, "local")):
            begun = now - timedelta(seconds=seconds)
            await records.save(stored(PNG, id=f"job_{seconds}", owner=owner, created_at=begun))
        await records.save(job_for(id="job_sent", created_at=now).dispatched())
        await records.save(stored(PNG, id="job_foreign", provider="x", created_at=now))
        kind, since = CallKind.of(job_for()), now - timedelta(seconds=90)
        found = await other.durations(kind, since=since, limit=9)
        assert [round(each.total_seconds(), -1) for each in found] == [20, 40, 60]
        assert len(await other.durations(kind, since=since, limit=2)) == 2

    async def test_where_nothing_was_recorded_nothing_is_writing(
        self, records: JobRepository
    ) -> None:
        async with records.active_writers() as active:
            assert not active
