"""Whoever queues for a provider that has begun to fail is not sent to it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from application.ports.image_provider import Delivered, ImageProvider, StreamEvent
from application.safeguards.circuit_breaker import MAX_FAILURES, OPEN_SECONDS
from domain.provider_errors import CircuitOpen, ProviderFailed
from entrypoints.bootstrap.container import with_safeguards
from tests.testkit.fakes import (
    FakeProvider,
    FrozenClock,
    HeaderInspector,
    InstantRetries,
    MemoryImageStore,
    MemoryJobRepository,
    job_for,
    settings_in,
)

pytestmark = pytest.mark.anyio

AT_ONCE, CALLS = 4, 40
Ends = list[list[StreamEvent] | BaseException]


class Scene:
    """The container's whole line around a provider that fails at every call until it is mended."""

    def __init__(self, home: Path) -> None:
        self.now, self.broken = 0.0, True
        self.clock, self.records = FrozenClock(), MemoryJobRepository()
        self.provider = FakeProvider(meanwhile=self._paints)
        self.line: ImageProvider = with_safeguards(
            self.provider,
            MemoryImageStore(),
            self.records,
            HeaderInspector(),
            InstantRetries(),
            self.clock,
            settings_in(home, max_concurrent_calls=AT_ONCE),
            timer=lambda: self.now,
        )

    async def _paints(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)
        if self.broken:
            raise ProviderFailed("Oh.", status=500)

    async def all_at_once(self) -> Ends:
        calls = (self._one(number) for number in range(CALLS))
        return await asyncio.gather(*calls, return_exceptions=True)

    async def _one(self, number: int) -> list[StreamEvent]:
        job = job_for(id=f"job_{number}", created_at=self.clock.now())
        return [event async for event in self.line.generate(job)]


def resting(ends: Ends) -> int:
    return sum(isinstance(end, CircuitOpen) for end in ends)


async def test_of_forty_at_once_no_more_are_sent_than_were_at_work_when_it_opened(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    ends = await scene.all_at_once()
    sent = len(scene.provider.seen)
    assert MAX_FAILURES <= sent <= MAX_FAILURES + AT_ONCE - 1
    assert resting(ends) == CALLS - sent


async def test_whoever_queued_and_was_not_sent_takes_nothing_of_the_budget(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    await scene.all_at_once()
    spent = scene.records.spent(scene.clock.now() - timedelta(days=1))
    assert len(spent) == len(scene.provider.seen)
    assert {job.id for job in scene.records.history} == {job.id for job in scene.provider.seen}


async def test_after_the_rest_one_of_the_queue_tries_and_then_they_are_served(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    await scene.all_at_once()
    scene.now, before = OPEN_SECONDS, len(scene.provider.seen)
    ends = await scene.all_at_once()
    assert len(scene.provider.seen) == before + 1
    assert resting(ends) == CALLS - 1
    scene.now, scene.broken = 2 * OPEN_SECONDS, False
    (served,) = [end for end in await scene.all_at_once() if isinstance(end, list)]
    assert isinstance(served[-1], Delivered)
    assert resting(await scene.all_at_once()) == 0
