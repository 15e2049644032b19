"""The estimate is reserved before a job is sent, and released if it is not sent."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.openai.catalog import openai_catalog
from application.cost_estimates import CostEstimates
from application.ports.image_provider import Delivered, PartialImage
from application.ports.job_repository import (
    AlreadyRunning,
    BudgetCheck,
    MayReplace,
    Reserved,
)
from application.safeguards.archiving import Archiving
from application.safeguards.budget import Budget
from domain.errors import ArchiveUnavailable, Busy, Canceled
from domain.events import JobDispatched
from domain.jobs import IdempotencyKey, Job, JobState
from domain.money.budget_errors import BudgetExhausted
from domain.money.budgets import BudgetLimits
from domain.provider_errors import OutcomeUnknown, ProviderError, RateLimited
from domain.requests import GenerateRequest, ImageRequest
from tests.testkit.contracts.job_repository import reserve
from tests.testkit.fakes import (
    FakeProvider,
    FrozenClock,
    MemoryImageStore,
    MemoryJobRepository,
    MemoryUsageLedger,
    job_for,
)

pytestmark = pytest.mark.anyio

REQUEST = GenerateRequest(prompt="a red bridge", model="gpt-image-2.6-flare")
CARD = openai_catalog().choose(REQUEST.model, FrozenClock().now().date()).card
JOB = job_for(REQUEST, card=CARD)
MIN_ESTIMATE = Decimal("0.20")


class SlowRecords(MemoryJobRepository):
    """Reserves once the test sets `go_on`; `started` is set before."""

    def __init__(self) -> None:
        super().__init__()
        self.started, self.go_on = asyncio.Event(), asyncio.Event()

    async def reserve(
        self,
        job: Job[ImageRequest],
        /,
        *,
        since: datetime | None,
        check: BudgetCheck,
        may_replace: MayReplace,
    ) -> Reserved | AlreadyRunning:
        self.started.set()
        await self.go_on.wait()
        return await super().reserve(job, since=since, check=check, may_replace=may_replace)


class FullStore(MemoryImageStore):
    """A store without space for images."""

    async def check_writable(self) -> None:
        raise ArchiveUnavailable("The disk is full.")


class Scene:
    """The budget around the archiving safeguard, on one set of records."""

    def __init__(
        self,
        *fails: ProviderError,
        images: MemoryImageStore | None = None,
        **more: Any,  # noqa: ANN401 - fields of BudgetLimits
    ) -> None:
        self.images = images or MemoryImageStore()
        self.records = MemoryJobRepository()
        self.provider = FakeProvider(fails=fails)
        self.limits = BudgetLimits(**more)

    @property
    def safeguard(self) -> Budget:
        archiving = Archiving(self.provider, self.images, self.records)
        estimates = CostEstimates(MemoryUsageLedger(self.records), FrozenClock())
        return Budget(archiving, self.records, estimates, self.limits, FrozenClock())

    async def generate(self, job: Job[GenerateRequest] = JOB) -> list[object]:
        async with aclosing(self.safeguard.generate(job)) as stream:
            return [event async for event in stream]

    @property
    def states(self) -> list[JobState]:
        return [job.state for job in self.records.history]


async def test_the_estimate_is_reserved_first_and_passed_on_with_the_job() -> None:
    scene = Scene()
    assert isinstance((await scene.generate())[-1], Delivered)
    assert scene.states == [JobState.RESERVED, JobState.DISPATCHED, JobState.STORED]
    estimates = {job.estimate for job in (*scene.records.history, *scene.provider.seen)}
    assert len(estimates) == 1
    assert MIN_ESTIMATE < (estimates.pop() or 0) < Decimal("0.25")


async def test_a_call_over_budget_is_neither_sent_nor_recorded() -> None:
    scene = Scene(day_usd=Decimal("0.30"))
    await scene.generate()
    with pytest.raises(BudgetExhausted, match=r"BUDGET_DAY_USD allows \$0\.30 "):
        await scene.generate(replace(JOB, id="job_2"))
    assert len(scene.provider.seen) == 1
    assert {job.id for job in scene.records.history} == {"job_1"}


async def test_a_call_whose_key_another_process_is_using_is_neither_sent_nor_recorded() -> None:
    scene, key = Scene(), IdempotencyKey("k-1", "a digest")
    other = MemoryJobRepository(writer="other", beside=scene.records)
    await reserve(other, replace(JOB, key=key))
    with pytest.raises(Busy, match="Another process is already working on this request") as busy:
        await scene.generate(replace(JOB, id="job_2", key=key))
    assert busy.value.retryable
    assert scene.provider.seen == []
    assert await scene.records.get("job_2", owner=JOB.owner) is None


@pytest.mark.parametrize("limits", [{"day_usd": Decimal(99)}, {"call_usd": Decimal(99)}])
async def test_a_model_without_a_price_is_rejected_under_a_dollar_limit(
    limits: dict[str, Any],
) -> None:
    with pytest.raises(BudgetExhausted, match="cannot be estimated") as caught:
        await Scene(**limits).generate(job_for(REQUEST))
    assert not caught.value.retryable
    unknown = Scene(images_hour=5)
    await unknown.generate(job_for(REQUEST))
    assert unknown.records.history[0].estimate is None


async def test_the_hint_of_a_rejected_call_names_cheaper_options() -> None:
    with pytest.raises(BudgetExhausted, match="BUDGET_CALL_USD") as caught:
        await Scene(call_usd=Decimal("0.10")).generate()
    assert caught.value.hint == "This fits now: quality medium (about $0.059)."
    assert not caught.value.retryable


@pytest.mark.parametrize("limits", [{"day_usd": Decimal(0)}, {"images_hour": 0}])
async def test_a_limit_of_zero_blocks_every_call(limits: dict[str, Any]) -> None:
    scene = Scene(**limits)
    with pytest.raises(BudgetExhausted) as caught:
        await scene.generate()
    assert scene.provider.seen == []
    assert not caught.value.retryable


async def test_a_job_that_fails_before_dispatch_releases_its_reservation() -> None:
    scene = Scene(images=FullStore())
    with pytest.raises(ArchiveUnavailable):
        await scene.generate()
    assert scene.states == [JobState.RESERVED, JobState.FAILED]
    assert scene.records.spent(datetime.min.replace(tzinfo=JOB.created_at.tzinfo)) == []


@pytest.mark.parametrize("error", [RateLimited("Not now."), OutcomeUnknown("No reply.")])
async def test_a_sent_job_is_settled_by_its_final_record(error: ProviderError) -> None:
    scene = Scene(error)
    with pytest.raises(type(error)):
        await scene.generate()
    end = JobState.UNKNOWN if isinstance(error, OutcomeUnknown) else JobState.FAILED
    assert scene.states == [JobState.RESERVED, JobState.DISPATCHED, end]


async def test_a_job_canceled_during_its_reservation_is_released_and_never_sent() -> None:
    scene = Scene()
    slow = scene.records = SlowRecords()
    task = asyncio.create_task(scene.generate())
    await slow.started.wait()
    task.cancel()
    await asyncio.sleep(0)
    slow.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert scene.provider.seen == []
    assert scene.states == [JobState.RESERVED, JobState.FAILED]
    assert isinstance(scene.records.history[-1].failure, Canceled)


async def test_a_stream_closed_after_dispatch_keeps_its_reservation() -> None:
    scene = Scene()
    job = replace(JOB, request=replace(REQUEST, partial_images=1))
    async with aclosing(scene.safeguard.generate(job)) as stream:
        assert isinstance(await anext(stream), JobDispatched)
        assert isinstance(await anext(stream), PartialImage)
    assert scene.states == [JobState.RESERVED, JobState.DISPATCHED, JobState.UNKNOWN]


async def test_nothing_is_sent_if_the_reservation_cannot_be_written() -> None:
    class BrokenRecords(MemoryJobRepository):
        async def reserve(self, *_: object, **__: object) -> Reserved:
            raise ArchiveUnavailable("The disk is gone.")

    scene = Scene()
    scene.records = BrokenRecords()
    with pytest.raises(ArchiveUnavailable):
        await scene.generate()
    assert (scene.provider.seen, scene.states) == ([], [])
