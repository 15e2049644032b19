"""What may be spent is reserved before a job is sent, and let go of if it is not sent."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.openai.catalog import openai_catalog
from application.ports.image_provider import Delivered, PartialImage
from application.ports.job_repository import (
    AlreadyRunning,
    BudgetCheck,
    MayReplace,
    Reserved,
)
from application.safeguards.archiving import Archiving
from application.safeguards.budget import Budget
from domain.errors import ArchiveUnavailable, Canceled
from domain.events import JobDispatched
from domain.jobs import Job, JobState
from domain.money.budget_errors import BudgetExhausted
from domain.money.budgets import BudgetLimits
from domain.provider_errors import OutcomeUnknown, ProviderError, RateLimited
from domain.requests import GenerateRequest, ImageRequest
from tests.testkit.fakes import (
    FakeProvider,
    FrozenClock,
    MemoryImageStore,
    MemoryJobRepository,
    job_for,
)

pytestmark = pytest.mark.anyio

REQUEST = GenerateRequest(prompt="a red bridge", model="gpt-image-2.6-flare")
CARD = openai_catalog().choose(REQUEST.model, FrozenClock().now().date()).card
JOB = job_for(REQUEST, card=CARD)
DEAR = Decimal("0.20")


class Slow(MemoryJobRepository):
    """Takes its time, and says when it began."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.go_on = asyncio.Event(), asyncio.Event()

    async def reserve(
        self,
        job: Job[ImageRequest],
        /,
        *,
        since: datetime | None,
        check: BudgetCheck,
        may_replace: MayReplace,
    ) -> Reserved | AlreadyRunning:
        self.began.set()
        await self.go_on.wait()
        return await super().reserve(job, since=since, check=check, may_replace=may_replace)


class Full(MemoryImageStore):
    """A store without room for images."""

    async def check_writable(self) -> None:
        raise ArchiveUnavailable("The disk is full.")


class Studio:
    """The safeguard around one that archives, on one set of records."""

    def __init__(
        self,
        *fails: ProviderError,
        images: MemoryImageStore | None = None,
        **more: Any,  # noqa: ANN401 - arguments of Limits
    ) -> None:
        self.images = images or MemoryImageStore()
        self.records = MemoryJobRepository()
        self.provider = FakeProvider(fails=fails)
        self.limits = BudgetLimits(**more)

    @property
    def safe(self) -> Budget:
        kept = Archiving(self.provider, self.images, self.records)
        return Budget(kept, self.records, self.limits, FrozenClock())

    async def paint(self, job: Job[GenerateRequest] = JOB) -> list[object]:
        async with aclosing(self.safe.generate(job)) as painting:
            return [event async for event in painting]

    @property
    def states(self) -> list[JobState]:
        return [job.state for job in self.records.history]


async def test_the_estimate_is_reserved_first_and_goes_inward_with_the_job() -> None:
    studio = Studio()
    assert isinstance((await studio.paint())[-1], Delivered)
    assert studio.states == [JobState.RESERVED, JobState.DISPATCHED, JobState.STORED]
    estimates = {job.estimate for job in (*studio.records.history, *studio.provider.seen)}
    assert len(estimates) == 1
    assert DEAR < (estimates.pop() or 0) < Decimal("0.25")


async def test_what_there_is_no_room_for_is_not_sent_and_not_recorded() -> None:
    studio = Studio(day_usd=Decimal("0.30"))
    await studio.paint()
    with pytest.raises(BudgetExhausted, match=r"BUDGET_DAY_USD allows \$0\.30 "):
        await studio.paint(replace(JOB, id="job_2"))
    assert len(studio.provider.seen) == 1
    assert {job.id for job in studio.records.history} == {"job_1"}


@pytest.mark.parametrize("limits", [{"day_usd": Decimal(99)}, {"call_usd": Decimal(99)}])
async def test_a_model_whose_price_nobody_knows_is_refused_under_a_limit_in_dollars(
    limits: dict[str, Any],
) -> None:
    with pytest.raises(BudgetExhausted, match="cannot be estimated") as caught:
        await Studio(**limits).paint(job_for(REQUEST))
    assert not caught.value.retryable
    unknown = Studio(images_hour=5)
    await unknown.paint(job_for(REQUEST))
    assert unknown.records.history[0].estimate is None


async def test_a_refused_call_is_told_what_would_be_cheaper() -> None:
    with pytest.raises(BudgetExhausted, match="BUDGET_CALL_USD") as caught:
        await Studio(call_usd=Decimal("0.10")).paint()
    assert "quality low (about $0.0" in caught.value.hint
    assert not caught.value.retryable


@pytest.mark.parametrize("limits", [{"day_usd": Decimal(0)}, {"images_hour": 0}])
async def test_nothing_is_nothing(limits: dict[str, Any]) -> None:
    studio = Studio(**limits)
    with pytest.raises(BudgetExhausted) as caught:
        await studio.paint()
    assert studio.provider.seen == []
    assert not caught.value.retryable


async def test_what_fails_before_it_is_sent_is_let_go_of() -> None:
    studio = Studio(images=Full())
    with pytest.raises(ArchiveUnavailable):
        await studio.paint()
    assert studio.states == [JobState.RESERVED, JobState.FAILED]
    assert studio.records.spent(datetime.min.replace(tzinfo=JOB.created_at.tzinfo)) == []


@pytest.mark.parametrize("error", [RateLimited("Not now."), OutcomeUnknown("No word.")])
async def test_what_was_sent_is_settled_by_its_own_records(error: ProviderError) -> None:
    studio = Studio(error)
    with pytest.raises(type(error)):
        await studio.paint()
    end = JobState.UNKNOWN if isinstance(error, OutcomeUnknown) else JobState.FAILED
    assert studio.states == [JobState.RESERVED, JobState.DISPATCHED, end]


async def test_what_is_canceled_while_it_is_reserved_is_let_go_of_and_never_sent() -> None:
    studio = Studio()
    slow = studio.records = Slow()
    painting = asyncio.create_task(studio.paint())
    await slow.began.wait()
    painting.cancel()
    await asyncio.sleep(0)
    slow.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await painting
    assert studio.provider.seen == []
    assert studio.states == [JobState.RESERVED, JobState.FAILED]
    assert isinstance(studio.records.history[-1].failure, Canceled)


async def test_a_painting_that_is_closed_in_the_middle_keeps_its_reservation() -> None:
    studio = Studio()
    job = replace(JOB, request=replace(REQUEST, partial_images=1))
    async with aclosing(studio.safe.generate(job)) as painting:
        assert isinstance(await anext(painting), JobDispatched)
        assert isinstance(await anext(painting), PartialImage)
    assert studio.states == [JobState.RESERVED, JobState.DISPATCHED, JobState.UNKNOWN]


async def test_records_that_cannot_be_written_refuse_before_anything_is_sent() -> None:
    class Closed(MemoryJobRepository):
        async def reserve(self, *_: object, **__: object) -> Reserved:
            raise ArchiveUnavailable("The disk is gone.")

    studio = Studio()
    studio.records = Closed()
    with pytest.raises(ArchiveUnavailable):
        await studio.paint()
    assert (studio.provider.seen, studio.states) == ([], [])
