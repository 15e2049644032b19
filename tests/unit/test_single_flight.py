"""Equal requests cost one call, whenever callers arrive and disconnect."""

import asyncio
from collections import Counter
from itertools import product
from random import Random

import pytest

from domain.errors import Canceled
from domain.events import (
    Failed,
    Finished,
    JobDispatched,
    JobEvent,
    JobStarted,
    PartialReady,
    ServedFromCache,
)
from domain.image import Image
from domain.jobs import JobState
from domain.provider_errors import RateLimited
from tests.unit.ticking_service import REQUEST, TickingService, read, turns

pytestmark = pytest.mark.anyio
SEEDS = range(100)
CALLERS = 50
GENERATED = [JobStarted, JobDispatched, PartialReady, PartialReady, PartialReady, Finished]
CACHED = [JobStarted, ServedFromCache, Finished]
CANCELED = [JobStarted, Failed]


def kinds(events: list[JobEvent]) -> list[type[JobEvent]]:
    return [type(event) for event in events]


def image_of(events: list[JobEvent]) -> Image:
    assert isinstance(events[-1], Finished)
    return events[-1].result.images[0].image


async def test_fifty_equal_concurrent_requests_are_one_call_and_fifty_equal_images() -> None:
    service = TickingService()
    images = await asyncio.gather(*(service.image() for _ in range(CALLERS)))
    assert len(service.provider.seen) == 1
    assert {image.digest for image in images} == {service.provider.images[0].digest}


async def test_a_shared_result_is_marked_as_joined() -> None:
    service = TickingService()
    handles = [await service.generate(REQUEST) for _ in range(CALLERS)]
    served = Counter([(await handle.result()).served_from for handle in handles])
    assert served == {"provider": 1, "joined": CALLERS - 1}


class Storm:
    """Callers that arrive at random turns, some of which leave at random turns, by a seed.

    `left_at` has the last event before each caller left that was still waiting.
    """

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311 - turns, no secrets
        self.service = TickingService(lambda: self.chance.randrange(4))
        self.left_at: set[str] = set()

    async def run(self, *, leader_alone: bool) -> list[list[JobEvent]]:
        """Return what the callers read that stayed."""
        spread = self.chance.choice([1, 10, 50, 500])
        arrivals = [0, *(self.chance.randrange(spread) for _ in range(CALLERS - 1))]
        callers = [asyncio.create_task(self._call(turn)) for turn in arrivals]
        leaving = [0] if leader_alone else self.chance.sample(range(CALLERS), CALLERS - 1)
        departures = [
            self._leave(callers[number], arrivals[number] + self.chance.randrange(60))
            for number in leaving
        ]
        await asyncio.gather(*departures)
        staying = [caller for number, caller in enumerate(callers) if number not in leaving]
        return await asyncio.gather(*staying)

    async def _call(self, turn: int) -> list[JobEvent]:
        await turns(turn)
        return await self.service.events_of_one_caller()

    async def _leave(self, caller: asyncio.Task[list[JobEvent]], turn: int) -> None:
        await turns(turn)
        if caller.cancel():
            last = [kinds(history)[-1].__name__ for history in self.service.histories()[-1:]]
            self.left_at |= {"storing"} if self.service.images.storing else set(last)


@pytest.mark.parametrize("leader_alone", [True, False], ids=["the leader", "49 of them"])
async def test_callers_that_stay_get_the_image_of_one_call(
    leader_alone: bool,
) -> None:
    left_at, canceled = set(), False
    for seed in SEEDS:
        storm = Storm(seed)
        events_read = await storm.run(leader_alone=leader_alone)
        provider = storm.service.provider
        assert len(provider.seen) == 1, seed
        for events in events_read:
            assert kinds(events) in (GENERATED, CACHED), seed
            assert image_of(events) == provider.images[0], seed
        left_at |= storm.left_at
        canceled |= CANCELED in map(kinds, storm.service.histories())
    assert left_at >= {"JobStarted", "JobDispatched", "PartialReady", "storing"}
    assert canceled


async def test_a_job_abandoned_before_dispatch_is_canceled_and_can_be_repeated() -> None:
    service = TickingService()
    await asyncio.gather(*(service.disconnect_at(JobStarted) for _ in range(CALLERS)))
    await turns(50)
    assert service.provider.seen == []
    (history,) = service.histories()
    assert kinds(history) == CANCELED
    assert isinstance(history[-1], Failed)
    assert history[-1].failure.code == Canceled.code
    assert await service.image() == service.provider.images[0]
    assert len(service.provider.seen) == 1


async def test_a_job_abandoned_after_dispatch_is_stored_and_cached() -> None:
    service = TickingService()
    await asyncio.gather(*(service.disconnect_at(JobDispatched) for _ in range(CALLERS)))
    await service.jobs.drain(10)
    (history,) = service.histories()
    assert kinds(history) == GENERATED
    assert list(service.images.stored.values()) == list(service.provider.images)
    assert service.records.states() == [JobState.STORED]
    assert len(service.cache.entries) == 1


async def test_a_caller_that_arrives_as_all_others_disconnect_gets_one_image() -> None:
    ends = []
    for moment, later in product(range(60), range(6)):
        service = TickingService(lambda: 2)
        others = [asyncio.create_task(service.events_of_one_caller()) for _ in range(3)]
        await turns(moment)
        for other in others:
            other.cancel()
        await turns(later)
        newcomer = asyncio.create_task(service.image())
        await turns(8)  # by now the abandoned job has ended, which must not end the new one
        images = {await service.image(), await newcomer}
        assert images == set(service.provider.images), (moment, later)
        assert len(service.provider.seen) == 1, (moment, later)
        ends += [kinds(history) for history in service.histories()]
        assert service.records.states().count(JobState.STORED) == 1, (moment, later)
        assert JobState.DISPATCHED not in service.records.states(), (moment, later)
    assert all(end in (CANCELED, GENERATED, CACHED) for end in ends)
    assert all(end in ends for end in (CANCELED, GENERATED, CACHED))


async def test_a_caller_with_a_handle_counts_before_it_reads() -> None:
    service = TickingService()
    first, second = await service.generate(REQUEST), await service.generate(REQUEST)
    reading = asyncio.create_task(read(first))
    await turns(1)
    reading.cancel()
    await turns(50)
    assert kinds(await read(second)) == GENERATED
    assert len(service.provider.seen) == 1


async def test_a_failure_reaches_every_caller_and_those_that_repeat_share_a_new_call() -> None:
    service = TickingService()
    service.provider.fails = [RateLimited("Not now.")]

    async def insistent() -> Image:
        with pytest.raises(RateLimited):
            await service.image()
        return await service.image()

    images = await asyncio.gather(*(insistent() for _ in range(CALLERS)))
    assert len(service.provider.seen) == 2
    assert set(images) == set(service.provider.images)


async def test_a_fresh_request_skips_a_running_job_and_the_cache() -> None:
    service = TickingService()
    running, fresh = await service.generate(REQUEST), await service.generate(REQUEST, fresh=True)
    joined = await service.generate(REQUEST)
    assert joined.job is fresh.job is not running.job
    await asyncio.gather(*(read(handle) for handle in (running, fresh, joined)))
    assert len(service.provider.seen) == 2
    await turns(50)  # until the results are cached
    assert kinds(await service.events_of_one_caller()) == CACHED
    assert await service.image(fresh=True) == service.provider.images[0]
    assert len(service.provider.seen) == 3


async def test_a_caller_that_joins_late_reads_all_events() -> None:
    service = TickingService()
    first = await service.generate(REQUEST)
    readers = [asyncio.create_task(read(first))]
    while service.jobs.equal_to(first.job) and len(readers) < CALLERS:
        joined = await service.generate(REQUEST)
        assert joined.job is first.job
        readers.append(asyncio.create_task(read(joined)))
        await turns(1)
    events_read = await asyncio.gather(*readers)
    assert 2 * len(GENERATED) < len(events_read) < CALLERS
    for events in events_read:
        assert kinds(events) == GENERATED
        assert events[:-1] == events_read[0][:-1]
