"""Equal requests cost one call, whoever comes and goes, and whenever they do."""

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
from tests.unit.gated_provider import REQUEST, TickingStudio, read, turns

pytestmark = pytest.mark.anyio
SEEDS = range(100)
CALLERS = 50
PAINTED = [JobStarted, JobDispatched, PartialReady, PartialReady, PartialReady, Finished]
REMEMBERED = [JobStarted, ServedFromCache, Finished]
CANCELED = [JobStarted, Failed]


def kinds(events: list[JobEvent]) -> list[type[JobEvent]]:
    return [type(event) for event in events]


def image_of(events: list[JobEvent]) -> Image:
    assert isinstance(events[-1], Finished)
    return events[-1].result.images[0].image


async def test_fifty_equal_requests_at_once_are_one_call_and_fifty_equal_pictures() -> None:
    studio = TickingStudio()
    images = await asyncio.gather(*(studio.asked() for _ in range(CALLERS)))
    assert len(studio.provider.seen) == 1
    assert {image.digest for image in images} == {studio.provider.images[0].digest}


async def test_who_shares_a_call_is_told_so() -> None:
    studio = TickingStudio()
    tickets = [await studio.generate(REQUEST) for _ in range(CALLERS)]
    served = Counter([(await ticket.result()).served_from for ticket in tickets])
    assert served == {"provider": 1, "joined": CALLERS - 1}


class Storm:
    """Callers who come at random turns, of whom some leave at random turns, as a seed decides.

    `struck` has what was last told when each of those left who were still waiting.
    """

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311 - turns, no secrets
        self.studio = TickingStudio(lambda: self.chance.randrange(4))
        self.struck: set[str] = set()

    async def rage(self, *, leader_alone: bool) -> list[list[JobEvent]]:
        """Return what those read who stayed."""
        spread = self.chance.choice([1, 10, 50, 500])
        arrivals = [0, *(self.chance.randrange(spread) for _ in range(CALLERS - 1))]
        callers = [asyncio.create_task(self._call(turn)) for turn in arrivals]
        who = [0] if leader_alone else self.chance.sample(range(CALLERS), CALLERS - 1)
        strikes = [
            self._strike(callers[number], arrivals[number] + self.chance.randrange(60))
            for number in who
        ]
        await asyncio.gather(*strikes)
        staying = [caller for number, caller in enumerate(callers) if number not in who]
        return await asyncio.gather(*staying)

    async def _call(self, turn: int) -> list[JobEvent]:
        await turns(turn)
        return await self.studio.told()

    async def _strike(self, caller: asyncio.Task[list[JobEvent]], turn: int) -> None:
        await turns(turn)
        if caller.cancel():
            last = [kinds(history)[-1].__name__ for history in self.studio.histories()[-1:]]
            self.struck |= {"storing"} if self.studio.archive.storing else set(last)


@pytest.mark.parametrize("leader_alone", [True, False], ids=["the leader", "49 of them"])
async def test_whoever_leaves_those_who_stay_get_the_picture_of_one_call(
    leader_alone: bool,
) -> None:
    struck, canceled = set(), False
    for seed in SEEDS:
        storm = Storm(seed)
        told = await storm.rage(leader_alone=leader_alone)
        provider = storm.studio.provider
        assert len(provider.seen) == 1, seed
        for events in told:
            assert kinds(events) in (PAINTED, REMEMBERED), seed
            assert image_of(events) == provider.images[0], seed
        struck |= storm.struck
        canceled |= CANCELED in map(kinds, storm.studio.histories())
    assert struck >= {"JobStarted", "JobDispatched", "PartialReady", "storing"}
    assert canceled


async def test_what_everybody_left_before_it_was_sent_is_canceled_and_can_be_begun_anew() -> None:
    studio = TickingStudio()
    await asyncio.gather(*(studio.left_at(JobStarted) for _ in range(CALLERS)))
    await turns(50)
    assert studio.provider.seen == []
    (history,) = studio.histories()
    assert kinds(history) == CANCELED
    assert isinstance(history[-1], Failed)
    assert history[-1].failure.code == Canceled.code
    assert await studio.asked() == studio.provider.images[0]
    assert len(studio.provider.seen) == 1


async def test_what_everybody_left_after_it_was_sent_is_stored_and_kept_all_the_same() -> None:
    studio = TickingStudio()
    await asyncio.gather(*(studio.left_at(JobDispatched) for _ in range(CALLERS)))
    await studio.jobs.drain(10)
    (history,) = studio.histories()
    assert kinds(history) == PAINTED
    assert list(studio.archive.kept.values()) == list(studio.provider.images)
    assert studio.archive.states() == [JobState.STORED]
    assert len(studio.cache.entries) == 1


async def test_who_comes_just_when_all_others_leave_gets_the_picture_of_one_call() -> None:
    ends = []
    for moment, later in product(range(60), range(6)):
        studio = TickingStudio(lambda: 2)
        others = [asyncio.create_task(studio.told()) for _ in range(3)]
        await turns(moment)
        for other in others:
            other.cancel()
        await turns(later)
        newcomer = asyncio.create_task(studio.asked())
        await turns(8)  # by now what was left has ended, which is not to end what is new
        images = {await studio.asked(), await newcomer}
        assert images == set(studio.provider.images), (moment, later)
        assert len(studio.provider.seen) == 1, (moment, later)
        ends += [kinds(history) for history in studio.histories()]
        assert studio.archive.states().count(JobState.STORED) == 1, (moment, later)
        assert JobState.DISPATCHED not in studio.archive.states(), (moment, later)
    assert all(end in (CANCELED, PAINTED, REMEMBERED) for end in ends)
    assert all(end in ends for end in (CANCELED, PAINTED, REMEMBERED))


async def test_who_holds_a_ticket_is_waited_for_before_they_read_it() -> None:
    studio = TickingStudio()
    first, second = await studio.generate(REQUEST), await studio.generate(REQUEST)
    reading = asyncio.create_task(read(first))
    await turns(1)
    reading.cancel()
    await turns(50)
    assert kinds(await read(second)) == PAINTED
    assert len(studio.provider.seen) == 1


async def test_a_failure_reaches_everybody_and_whoever_asks_again_at_once_shares_a_new_call() -> (
    None
):
    studio = TickingStudio()
    studio.provider.fails = [RateLimited("Not now.")]

    async def insistent() -> Image:
        with pytest.raises(RateLimited):
            await studio.asked()
        return await studio.asked()

    images = await asyncio.gather(*(insistent() for _ in range(CALLERS)))
    assert len(studio.provider.seen) == 2
    assert set(images) == set(studio.provider.images)


async def test_a_fresh_request_goes_past_a_running_job_and_past_the_cache() -> None:
    studio = TickingStudio()
    running, fresh = await studio.generate(REQUEST), await studio.generate(REQUEST, fresh=True)
    joined = await studio.generate(REQUEST)
    assert joined.job is fresh.job is not running.job
    await asyncio.gather(*(read(ticket) for ticket in (running, fresh, joined)))
    assert len(studio.provider.seen) == 2
    await turns(50)  # until the answers are kept
    assert kinds(await studio.told()) == REMEMBERED
    assert await studio.asked(fresh=True) == studio.provider.images[0]
    assert len(studio.provider.seen) == 3


async def test_whoever_joins_however_late_reads_everything_from_its_start() -> None:
    studio = TickingStudio()
    first = await studio.generate(REQUEST)
    readers = [asyncio.create_task(read(first))]
    while studio.jobs.by_fingerprint(first.job.fingerprint) and len(readers) < CALLERS:
        joined = await studio.generate(REQUEST)
        assert joined.job is first.job
        readers.append(asyncio.create_task(read(joined)))
        await turns(1)
    told = await asyncio.gather(*readers)
    assert 2 * len(PAINTED) < len(told) < CALLERS
    for events in told:
        assert kinds(events) == PAINTED
        assert events[:-1] == told[0][:-1]
