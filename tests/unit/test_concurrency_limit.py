"""No more calls at once than may be, and nobody waits in a queue without an end."""

import asyncio

import pytest

from application.ports.image_provider import Delivered, StreamEvent
from application.safeguards.concurrency_limit import ConcurrencyLimit
from domain.errors import Busy
from domain.events import JobQueued
from domain.provider_errors import RateLimited
from tests.testkit.fakes import FakeProvider, job_for

pytestmark = pytest.mark.anyio


async def painted(provider: ConcurrencyLimit) -> list[StreamEvent]:
    return [event async for event in provider.generate(job_for())]


async def others_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_of_twenty_nine_are_served_and_eleven_are_told_to_come_back() -> None:
    gate, at_work, most = asyncio.Event(), 0, 0

    async def meanwhile() -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await gate.wait()
        at_work -= 1

    limited = ConcurrencyLimit(FakeProvider(meanwhile=meanwhile), 3, 6)
    calls = [asyncio.create_task(painted(limited)) for _ in range(20)]
    await others_run()
    gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    served = [events for events in results if isinstance(events, list)]
    busy = [error for error in results if isinstance(error, Busy)]
    assert (len(served), len(busy), most) == (9, 11, 3)
    ahead = [event.ahead for events in served for event in events if isinstance(event, JobQueued)]
    assert ahead == [0, 1, 2, 3, 4, 5]
    assert all(isinstance(events[-1], Delivered) for events in served)
    assert all(error.retry_after > 0 and error.charged == "no" for error in busy)


async def test_who_leaves_the_queue_or_fails_makes_room() -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait, fails=[RateLimited("Not now.")])
    limited = ConcurrencyLimit(provider, 1, 1)
    with pytest.raises(RateLimited):
        await painted(limited)
    first = asyncio.create_task(painted(limited))
    await others_run()
    leaves = asyncio.create_task(painted(limited))
    await others_run()
    leaves.cancel()
    await others_run()
    stays = asyncio.create_task(painted(limited))
    await others_run()
    gate.set()
    assert len(await first) == 1
    assert len(await stays) == 2
    assert len(provider.seen) == 3
