"""Accepted work stays open until its outcome is known and stored."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from application.ports.image_provider import Accepted, ProviderStream
from application.safeguards.archiving import STORED_LATER, Archiving
from application.safeguards.concurrency_limit import ConcurrencyLimit
from domain.errors import ArchiveUnavailable
from domain.events import Finished
from domain.image import Image, StoredRef
from domain.jobs import Job, JobState
from domain.models import Catalog, ModelCard
from domain.provider_errors import (
    CredentialsRejected,
    OutcomeUnknown,
    ProviderError,
    ProviderUnreachable,
    RateLimited,
)
from domain.requests import ImageRequest
from entrypoints.bootstrap.lifecycle import run_application
from tests.testkit.fakes import (
    PNG,
    FakeProvider,
    FakeResumableProvider,
    MemoryImageStore,
    MemoryJobRepository,
    job_for,
    settings_in,
    small_image,
)
from tests.unit.results import SMALL, events
from tests.unit.resuming_process import Process, killed

pytestmark = pytest.mark.anyio
ON_THE_WAY = [
    RateLimited("Not now."),
    ProviderUnreachable("No connection."),
    CredentialsRejected("A wrong key."),
]


class FullStore(MemoryImageStore):
    """A store that is full when the first image comes."""

    is_full = True

    async def put(
        self, image: Image, /, *, title: str = "", derived_from: str | None = None
    ) -> StoredRef:
        if self.is_full:
            raise ArchiveUnavailable("The disk is full.")
        return await super().put(image, title=title, derived_from=derived_from)


@pytest.mark.parametrize("error", ON_THE_WAY)
async def test_an_error_on_the_way_to_accepted_work_says_nothing_of_the_work(
    error: ProviderError,
) -> None:
    before, accepted = await killed()
    after = Process(FakeResumableProvider(accepted=accepted, resume_fails=[error]), before)
    await after.resume()
    await after.finish()
    assert after.states == [JobState.DISPATCHED]
    assert await after.resume() == 1
    await after.finish()
    assert after.states == [JobState.STORED]


@pytest.mark.parametrize("error", ON_THE_WAY)
async def test_after_accepted_no_error_says_that_nothing_was_charged(error: ProviderError) -> None:
    provider = Archiving(
        FakeResumableProvider(breaks=[error]), MemoryImageStore(), MemoryJobRepository()
    )
    with pytest.raises(OutcomeUnknown, match=error.message) as failed:
        await events(provider)
    assert "sent again waits for it" in failed.value.hint


async def test_an_image_that_cannot_be_stored_is_delivered_and_stored_later() -> None:
    before, accepted = await killed()
    store = before.images = FullStore()
    after = Process(FakeResumableProvider(accepted=accepted), before)
    await after.resume()
    running = after.runner.by_id("job_1", owner="local")
    await after.finish()
    assert running is not None
    end = running.milestones[-1].event
    assert isinstance(end, Finished)
    assert (end.result.images[0].image, end.result.images[0].stored) == (PNG, None)
    assert STORED_LATER in end.result.notes
    assert after.states == [JobState.DISPATCHED]
    store.is_full = False
    assert await after.resume() == 1
    await after.finish()
    assert (after.states, [*store.stored.values()]) == ([JobState.STORED], [PNG])


async def test_work_is_fetched_after_a_weekend() -> None:
    before, accepted = await killed()
    after = Process(FakeResumableProvider(accepted=accepted), before)
    after.clock.time += timedelta(days=3)
    assert await after.recover() == 0
    assert await after.resume() == 1
    await after.finish()
    assert after.states == [JobState.STORED]


async def test_without_a_handle_an_image_that_cannot_be_stored_ends_the_job() -> None:
    records = MemoryJobRepository()
    await events(Archiving(FakeProvider(), FullStore(), records))
    assert records.history[-1].state is JobState.STORED


async def test_a_resumed_job_of_a_cleared_conversation_leaves_nothing_in_the_cache() -> None:
    before, accepted = await killed()
    row = before.records.tables.rows["job_1"]
    row.record = replace(row.record, conversation="", prompt="")
    after = Process(FakeResumableProvider(small_image("red", (8, 8)), accepted=accepted), before)
    await after.resume()
    await after.finish()
    assert after.states == [JobState.STORED]
    assert after.cache.entries == {}


async def test_work_that_does_not_end_holds_up_no_new_call() -> None:
    provider = FakeResumableProvider(meanwhile=anyio.sleep_forever, accepted={"work_1": SMALL})
    limit = ConcurrencyLimit(provider, max_running=1, max_waiting=0)
    async with aclosing(limit.resume(job_for(SMALL), "work_1")) as reading:
        waiting = asyncio.ensure_future(anext(reading))
        await asyncio.sleep(0)
        async with aclosing(limit.generate(job_for(SMALL))) as stream:
            assert isinstance(await anext(stream), Accepted)
        waiting.cancel()
        await asyncio.wait({waiting})


async def test_a_shutdown_waits_until_all_calls_of_a_job_are_accepted(tmp_path: Path) -> None:
    reached, answer = asyncio.Event(), asyncio.Event()

    class SlowSecond(FakeResumableProvider):
        catalog = Catalog(cards=(ModelCard(name="fake-1", max_images=1),), default="fake-1")

        async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
            if self.accepted:
                reached.set()
                await answer.wait()
            async for event in super()._deliver(job):
                yield event

    provider = SlowSecond()
    async with run_application(settings_in(tmp_path), image_providers=[provider]) as container:
        handle = await container.generate_image()(replace(SMALL, n=2))
        reader = asyncio.ensure_future(handle.result())
        await asyncio.wait_for(reached.wait(), 5)
        reader.cancel()
        await asyncio.wait({reader})
        for _ in range(50):  # until the handle of the first call is recorded, and a little longer
            await asyncio.sleep(0.01)
        assert (await container.get_job()(handle.job.id)).handle is not None
        draining = asyncio.ensure_future(container.drain_jobs()(5))
        await asyncio.sleep(0.05)
        assert not draining.done()
        answer.set()
        await draining
        record = await container.get_job()(handle.job.id)
    assert (record.state, len(record.images)) == (JobState.STORED, 2)
