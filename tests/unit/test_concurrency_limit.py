"""Concurrent calls are limited, and so is the queue."""

import asyncio

import pytest

from application.ports.image_provider import Delivered, StreamEvent
from application.safeguards.concurrency_limit import ConcurrencyLimit
from domain.errors import Busy
from domain.events import JobQueued
from domain.provider_errors import RateLimited
from tests.testkit.fakes import FakeProvider, job_for

pytestmark = pytest.mark.anyio


async def generated(provider: ConcurrencyLimit) -> list[StreamEvent]:
    return [event async for event in provider.generate(job_for())]


async def others_run() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_nine_of_twenty_calls_are_served_and_eleven_are_rejected() -> None:
    gate, running, peak = asyncio.Event(), 0, 0

    async def meanwhile() -> None:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await gate.wait()
        running -= 1

    limited = ConcurrencyLimit(FakeProvider(meanwhile=meanwhile), 3, 6)
    calls = [asyncio.create_task(generated(limited)) for _ in range(20)]
    await others_run()
    gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    served = [events for events in results if isinstance(events, list)]
    busy = [error for error in results if isinstance(error, Busy)]
    assert (len(served), len(busy), peak) == (9, 11, 3)
    ahead = [event.ahead for events in served for event in events if isinstance(event, JobQueued)]
    assert ahead == [0, 1, 2, 3, 4, 5]
    assert all(isinstance(events[-1], Delivered) for events in served)
    assert all(error.retry_after > 0 and error.charged == "no" for error in busy)


async def test_a_call_that_fails_or_leaves_the_queue_frees_its_slot() -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait, fails=[RateLimited("Not now.")])
    limited = ConcurrencyLimit(provider, 1, 1)
    with pytest.raises(RateLimited):
        await generated(limited)
    first = asyncio.create_task(generated(limited))
    await others_run()
    canceled = asyncio.create_task(generated(limited))
    await others_run()
    canceled.cancel()
    await others_run()
    queued = asyncio.create_task(generated(limited))
    await others_run()
    gate.set()
    assert len(await first) == 1
    assert len(await queued) == 2
    assert len(provider.seen) == 3
