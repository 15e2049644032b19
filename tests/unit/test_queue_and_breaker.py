"""Queued calls are not sent to a provider that started to fail."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from application.cost_estimates import CostEstimates
from application.ports.image_provider import Delivered, ImageProvider, StreamEvent
from application.safeguards.circuit_breaker import MAX_FAILURES, OPEN_SECONDS
from domain.provider_errors import CircuitOpen, ProviderFailed
from entrypoints.bootstrap.safeguards import with_safeguards
from tests.testkit.fakes import (
    FakeProvider,
    FrozenClock,
    HeaderInspector,
    InstantRetries,
    MemoryImageStore,
    MemoryJobRepository,
    MemoryUsageLedger,
    job_for,
    settings_in,
)

pytestmark = pytest.mark.anyio

CONCURRENT, CALLS = 4, 40
Ends = list[list[StreamEvent] | BaseException]


class Scene:
    """All safeguards of the container around a provider that fails while `broken` is set."""

    def __init__(self, home: Path) -> None:
        self.now, self.broken = 0.0, True
        self.clock, self.records = FrozenClock(), MemoryJobRepository()
        self.provider = FakeProvider(meanwhile=self._generate)
        self.safeguarded: ImageProvider = with_safeguards(
            self.provider,
            MemoryImageStore(),
            self.records,
            CostEstimates(MemoryUsageLedger(self.records), self.clock),
            HeaderInspector(),
            InstantRetries(),
            InstantRetries(),
            self.clock,
            settings_in(home, max_concurrent_calls=CONCURRENT),
            timer=lambda: self.now,
        )

    async def _generate(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)
        if self.broken:
            raise ProviderFailed("Oh.", status=500)

    async def call_concurrently(self) -> Ends:
        calls = (self._one(number) for number in range(CALLS))
        return await asyncio.gather(*calls, return_exceptions=True)

    async def _one(self, number: int) -> list[StreamEvent]:
        job = job_for(id=f"job_{number}", created_at=self.clock.now())
        return [event async for event in self.safeguarded.generate(job)]


def rejected(ends: Ends) -> int:
    return sum(isinstance(end, CircuitOpen) for end in ends)


async def test_of_forty_calls_only_those_in_flight_when_the_circuit_opens_are_sent(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    ends = await scene.call_concurrently()
    sent = len(scene.provider.seen)
    assert MAX_FAILURES <= sent <= MAX_FAILURES + CONCURRENT - 1
    assert rejected(ends) == CALLS - sent


async def test_queued_calls_that_are_not_sent_use_no_budget(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    await scene.call_concurrently()
    spent = scene.records.spent(scene.clock.now() - timedelta(days=1))
    assert len(spent) == len(scene.provider.seen)
    assert {job.id for job in scene.records.history} == {job.id for job in scene.provider.seen}


async def test_after_the_open_time_one_trial_succeeds_and_then_all_are_served(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    await scene.call_concurrently()
    scene.now, before = OPEN_SECONDS, len(scene.provider.seen)
    ends = await scene.call_concurrently()
    assert len(scene.provider.seen) == before + 1
    assert rejected(ends) == CALLS - 1
    scene.now, scene.broken = 2 * OPEN_SECONDS, False
    (served,) = [end for end in await scene.call_concurrently() if isinstance(end, list)]
    assert isinstance(served[-1], Delivered)
    assert rejected(await scene.call_concurrently()) == 0
