"""The work that a provider has accepted is read to its end, after a cut and after a restart."""

from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from application.ports.image_provider import Accepted, Delivered, PartialImage, ProviderStream
from application.safeguards.archiving import Archiving
from application.safeguards.redaction import Redaction
from application.safeguards.resumption import Resumption
from application.use_cases.recover_jobs import RESUMABLE_FOR
from domain.errors import ArchiveUnavailable
from domain.events import JobDispatched
from domain.image import Image
from domain.jobs import Job, JobState
from domain.provider_errors import (
    ContentRefused,
    OutcomeUnknown,
    ProviderError,
    ProviderFailed,
    ProviderTimedOut,
    RateLimited,
    WorkLost,
)
from domain.requests import EditRequest, ImageRequest
from tests.testkit.fakes import (
    PNG,
    FakeProvider,
    FakeResumableProvider,
    MemoryImageStore,
    MemoryJobRepository,
    job_for,
    small_image,
)
from tests.unit.results import SMALL, events
from tests.unit.resuming_process import CUT, Process, killed, resuming

pytestmark = pytest.mark.anyio


async def failure_of(provider: Resumption | Archiving) -> ProviderError:
    with pytest.raises(ProviderError) as failed:
        await events(provider)
    return failed.value


async def test_a_cut_after_accepted_is_read_on_without_a_second_call() -> None:
    provider = FakeResumableProvider(breaks=[CUT], resume_fails=[ProviderFailed("", status=500)])
    accepted, last = await events(resuming(provider))
    assert accepted == Accepted(handle="work_1")
    assert isinstance(last, Delivered)
    assert provider.resumed == ["work_1", "work_1"]
    assert len(provider.accepted) == 1


async def test_each_preview_is_passed_on_once() -> None:
    class BreaksAfterAPreview(FakeResumableProvider):
        async def _deliver(self, job: Job[ImageRequest]) -> ProviderStream:
            async for event in super()._deliver(job):
                yield event
                if isinstance(event, PartialImage):
                    raise CUT

    request = replace(SMALL, partial_images=3)
    passed_on = await events(resuming(BreaksAfterAPreview()), request)
    previews = [event.index for event in passed_on if isinstance(event, PartialImage)]
    assert previews == [0, 1, 2]


@pytest.mark.parametrize(
    "error", [WorkLost("Gone."), ProviderTimedOut("Too late."), RateLimited("Not now.")]
)
async def test_an_end_of_the_work_is_not_asked_for_again(error: ProviderError) -> None:
    provider = FakeResumableProvider(breaks=[CUT], resume_fails=[error])
    assert await failure_of(resuming(provider)) is error
    assert provider.resumed == ["work_1"]


async def test_work_without_a_handle_is_never_asked_for() -> None:
    assert await failure_of(resuming(FakeProvider(fails=[CUT]))) is CUT
    provider = FakeProvider(fails=[CUT], handle="work_1")  # it cannot resume
    assert await failure_of(resuming(provider)) is CUT


async def test_the_handle_is_recorded_before_the_next_event() -> None:
    images, records = MemoryImageStore(), MemoryJobRepository()
    seen: list[tuple[str, str | None]] = []
    guarded = Archiving(FakeResumableProvider(), images, records)
    async with aclosing(guarded.generate(job_for(SMALL))) as stream:
        async for event in stream:
            handle = records.tables.rows["job_1"].record.handle
            seen.append((type(event).__name__, handle))
    assert seen == [("JobDispatched", None), ("Accepted", "work_1"), ("Delivered", "work_1")]
    assert records.tables.rows["job_1"].record.state is JobState.STORED


async def test_a_handle_that_cannot_be_recorded_costs_no_image() -> None:
    class FullDisk(MemoryJobRepository):
        async def save(self, job: Job[ImageRequest], /) -> None:
            if job.handle is not None and job.state is JobState.DISPATCHED:
                raise ArchiveUnavailable("The disk is full.")
            await super().save(job)

    records = FullDisk()
    guarded = Archiving(FakeResumableProvider(), MemoryImageStore(), records)
    (dispatched, last) = await events(guarded)  # a runner takes Accepted for a job that can wait
    assert (type(dispatched), type(last)) == (JobDispatched, Delivered)
    assert records.history[-1].state is JobState.STORED


async def test_a_handle_with_a_secret_is_not_recorded() -> None:
    provider = Redaction(FakeProvider(handle="work of sk-secret-key"), ["sk-secret-key"])
    assert [type(event) for event in await events(provider)] == [Delivered]


@pytest.mark.parametrize("image", [PNG, small_image("red", (16, 8))])
async def test_after_a_kill_the_next_process_stores_the_image_without_a_second_call(
    image: Image,
) -> None:
    before, accepted = await killed()
    provider = FakeResumableProvider(image, accepted=accepted)
    after = Process(provider, before)
    assert await after.resume() == 1
    await after.finish()
    record = await after.records.get("job_1", owner="local")
    assert record is not None
    assert (record.state, [each.id for each in record.images]) == (JobState.STORED, [image.id])
    assert [*after.images.stored.values()] == [image]
    assert (len(provider.accepted), len(provider.seen)) == (1, 1)
    assert await after.resume() == 0


async def test_an_equal_request_joins_a_resumed_job_and_then_finds_it_cached() -> None:
    provider = FakeResumableProvider(breaks=[CUT], resume_fails=[CUT])
    before = Process(provider)
    handle = await before.generate(SMALL)
    with pytest.raises(OutcomeUnknown):
        await handle.result()
    assert before.states == [JobState.DISPATCHED]
    after = Process(FakeResumableProvider(accepted=provider.accepted), before)
    before.records.end()
    assert await after.resume() == 1
    joined = await after.generate(SMALL)
    result = await joined.result()
    assert (joined.job.id, result.served_from) == (handle.job.id, "joined")
    await after.finish()
    assert (await (await after.generate(SMALL)).result()).served_from == "dict"


async def test_two_processes_adopt_a_job_once() -> None:
    before, accepted = await killed()
    one = Process(FakeResumableProvider(accepted=accepted), before)
    other = Process(FakeResumableProvider(accepted=accepted), before)
    adopted = [await one.resume(), await other.resume(), await one.resume()]
    assert adopted == [1, 0, 0]


async def test_a_resumption_that_fails_for_now_is_repeated_later() -> None:
    before, accepted = await killed()
    provider = FakeResumableProvider(accepted=accepted, resume_fails=[CUT])
    after = Process(provider, before)
    await after.resume()
    await after.finish()
    assert after.states == [JobState.DISPATCHED]
    assert await after.recover() == 0
    assert await after.resume() == 1
    await after.finish()
    assert after.states == [JobState.STORED]


@pytest.mark.parametrize(
    ("error", "state"),
    [(WorkLost("Gone."), JobState.UNKNOWN), (ContentRefused("Refused."), JobState.FAILED)],
)
async def test_a_resumed_job_ends_with_the_error_of_its_work(
    error: ProviderError, state: JobState
) -> None:
    before, accepted = await killed()
    after = Process(FakeResumableProvider(accepted=accepted, resume_fails=[error]), before)
    await after.resume()
    await after.finish()
    assert after.states == [state]
    assert await after.resume() == 0


async def test_a_process_without_the_provider_leaves_the_job_open_for_a_while() -> None:
    before, _ = await killed()
    after = Process(FakeProvider(), before)  # it cannot resume
    assert await after.resume() == 0
    assert await after.recover() == 0
    assert after.states == [JobState.DISPATCHED]
    after.clock.time += RESUMABLE_FOR + timedelta(seconds=1)
    assert await after.recover() == 1
    assert after.states == [JobState.UNKNOWN]


async def test_the_record_of_a_resumed_edit_says_how_it_was_requested() -> None:
    edit = EditRequest(prompt="a lake", model="fake-1", size=PNG.dimensions, images=(PNG,))
    before, accepted = await killed(edit)
    after = Process(FakeResumableProvider(accepted=accepted), before)
    await after.resume()
    await after.finish()
    record = await after.records.get("job_1", owner="local")
    assert record is not None
    assert (record.action, record.prompt, record.state) == ("edit", "a lake", JobState.STORED)


async def test_at_shutdown_a_resumed_job_is_left_to_the_next_process() -> None:
    before, accepted = await killed()
    forever = anyio.sleep_forever
    after = Process(FakeResumableProvider(accepted=accepted, meanwhile=forever), before)
    await after.resume()
    await after.runner.drain(grace=30)
    assert after.runner.running == 0
    assert after.states == [JobState.DISPATCHED]
