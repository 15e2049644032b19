"""Jobs belong to the application, whatever callers do."""

import asyncio
from contextlib import aclosing, suppress

import pytest

from adapters.job_events.memory import MemoryJobEvents
from application.jobs.job_handle import JobHandle
from application.jobs.job_runner import Execution, JobRunner
from application.jobs.running_job import RunningJob
from domain.errors import Canceled, InternalError, ShuttingDown
from domain.events import Failed, Finished, JobDispatched, JobEvent, JobStarted, ServiceEvent
from domain.provider_errors import OutcomeUnknown, RateLimited
from domain.results import ImageResult, ResultImage
from tests.testkit.fakes import (
    FrozenClock,
    RecordingSink,
    job_for,
    no_day_budget,
    renditions,
    small_image,
)

pytestmark = pytest.mark.anyio
JOB = job_for()


def finished() -> Finished:
    images = ImageResult(
        job_id=JOB.id,
        images=(ResultImage(image=small_image()),),
        provider="fake",
        model="fake-1",
        requested_model="fake-1",
        created_at=FrozenClock().now(),
    )
    return Finished(job_id=JOB.id, result=images)


class Scene:
    """A runner whose only job waits at two gates, before and after it is sent."""

    def __init__(self) -> None:
        self.sink = RecordingSink()
        self.jobs = JobRunner(MemoryJobEvents(), self.sink)
        self.before, self.after = asyncio.Event(), asyncio.Event()
        self.canceled_after_dispatch = False

    async def execution(self) -> Execution:
        yield JobStarted.of(JOB)
        await self.before.wait()
        yield JobDispatched(job_id=JOB.id)
        try:
            await self.after.wait()
        except asyncio.CancelledError:
            self.canceled_after_dispatch = True
            raise
        yield finished()

    def start(self) -> RunningJob:
        return self.jobs.start(JOB, self.execution())


async def failing(error: Exception) -> Execution:
    """A job that ends at once."""
    yield JobStarted.of(JOB)
    raise error


def handle_of(running: RunningJob) -> JobHandle:
    """A caller's handle."""
    return JobHandle(
        running, JOB.request, renditions(), no_day_budget(), requested_model="fake-1", notes=()
    )


async def read(running: RunningJob, seen: list[JobEvent]) -> None:
    async with aclosing(handle_of(running).events()) as events:
        async for event in events:
            seen.append(event)  # noqa: PERF401 - a test reads the list while it grows


async def result(running: RunningJob) -> ImageResult:
    """The result for one caller."""
    return await handle_of(running).result()


async def others_run() -> None:
    """Let every other task run as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_every_reader_gets_every_event_however_late_it_starts() -> None:
    scene = Scene()
    running = scene.start()
    early: list[JobEvent] = []
    late: list[JobEvent] = []
    reader = asyncio.create_task(read(running, early))
    scene.before.set()
    scene.after.set()
    await reader
    await read(running, late)
    assert early == late == scene.sink.events
    assert [type(event) for event in early] == [JobStarted, JobDispatched, Finished]


async def test_a_reader_can_start_at_a_cursor() -> None:
    scene = Scene()
    running = scene.start()
    scene.before.set()
    scene.after.set()
    await result(running)
    async with aclosing(handle_of(running).events(cursor=2)) as events:
        assert [type(event) async for event in events] == [Finished]


async def test_before_dispatch_the_last_caller_to_disconnect_cancels_the_job() -> None:
    scene = Scene()
    running = scene.start()
    first = asyncio.create_task(result(running))
    scene.jobs.join(running)
    second = asyncio.create_task(result(running))
    await others_run()
    first.cancel()
    await others_run()
    assert running.task is not None
    assert not running.task.done()
    second.cancel()
    await asyncio.wait({running.task})
    assert isinstance(scene.sink.events[-1], Failed)
    assert scene.sink.events[-1].failure.code == Canceled.code
    assert scene.jobs.equal_to(JOB) is None


async def test_a_job_goes_on_while_any_reader_of_a_handle_waits() -> None:
    scene = Scene()
    held = handle_of(scene.start())
    first, second = (asyncio.create_task(held.result()) for _ in range(2))
    await others_run()
    first.cancel()
    await others_run()
    assert not second.done()
    second.cancel()
    await others_run()
    assert scene.jobs.equal_to(JOB) is None


async def test_after_dispatch_a_disconnect_does_not_cancel_the_job() -> None:
    scene = Scene()
    running = scene.start()
    caller = asyncio.create_task(result(running))
    scene.before.set()
    await others_run()
    caller.cancel()
    await others_run()
    scene.after.set()
    assert running.task is not None
    await running.task
    assert isinstance(scene.sink.events[-1], Finished)
    assert not scene.canceled_after_dispatch


async def test_a_job_can_be_joined_until_it_ends() -> None:
    scene = Scene()
    running = scene.start()
    assert scene.jobs.equal_to(JOB) is running
    scene.before.set()
    scene.after.set()
    await result(running)
    assert running.task is not None
    await running.task
    assert scene.jobs.equal_to(JOB) is None


async def test_finished_has_the_number_of_callers_that_had_joined() -> None:
    scene = Scene()
    running = scene.start()
    scene.jobs.join(running)
    scene.jobs.join(running)
    scene.before.set()
    scene.after.set()
    await result(running)
    ends = [event for event in scene.sink.events if isinstance(event, Finished)]
    assert [event.joined_callers for event in ends] == [2]


async def test_a_failure_reaches_every_waiting_caller() -> None:
    running = JobRunner(MemoryJobEvents(), RecordingSink()).start(
        JOB, failing(RateLimited("Not now.", retry_after=3))
    )
    results = await asyncio.gather(result(running), result(running), return_exceptions=True)
    assert [type(result) for result in results] == [RateLimited, RateLimited]


async def test_an_unexpected_error_is_an_incident_without_its_text() -> None:
    sink = RecordingSink()
    running = JobRunner(MemoryJobEvents(), sink).start(
        JOB, failing(ZeroDivisionError("the secret text"))
    )
    with pytest.raises(InternalError) as failed:
        await result(running)
    assert "secret" not in str(failed.value)
    assert isinstance(failed.value.__cause__, ZeroDivisionError)


async def test_draining_waits_for_running_jobs_and_rejects_new_ones() -> None:
    scene = Scene()
    running = scene.start()
    scene.before.set()
    draining = asyncio.create_task(scene.jobs.drain(30))
    await others_run()
    assert not draining.done()
    with pytest.raises(ShuttingDown):
        scene.start()
    scene.after.set()
    await draining
    assert (await result(running)).job_id == JOB.id


async def test_a_job_beyond_the_grace_period_is_canceled_and_its_callers_get_an_error() -> None:
    scene = Scene()
    running = scene.start()
    scene.before.set()
    caller = asyncio.create_task(result(running))
    await others_run()
    await scene.jobs.drain(0)
    assert scene.canceled_after_dispatch
    with pytest.raises(OutcomeUnknown, match="shut down"):
        await caller


async def test_a_job_that_was_not_sent_before_shutdown_is_not_sent_and_costs_nothing() -> None:
    scene = Scene()
    caller = asyncio.create_task(result(scene.start()))
    await others_run()
    await asyncio.wait_for(scene.jobs.drain(30), 1)
    scene.before.set()
    with pytest.raises(ShuttingDown):
        await caller
    assert not any(isinstance(event, JobDispatched) for event in scene.sink.events)


async def test_an_abandoned_job_cannot_be_joined() -> None:
    scene = Scene()
    caller = asyncio.create_task(result(scene.start()))
    await others_run()
    caller.cancel()
    with suppress(asyncio.CancelledError):
        await caller
    assert scene.jobs.equal_to(JOB) is None


async def test_a_sink_that_raises_does_not_affect_jobs() -> None:
    class BrokenSink(RecordingSink):
        def publish(self, event: ServiceEvent, /) -> None:
            raise OSError("the disk is full")

    scene = Scene()
    scene.jobs = JobRunner(MemoryJobEvents(), BrokenSink())
    running = scene.start()
    scene.before.set()
    scene.after.set()
    assert (await result(running)).job_id == JOB.id


async def test_without_finish_the_last_caller_to_disconnect_cancels_a_sent_job() -> None:
    scene = Scene()
    scene.jobs = JobRunner(MemoryJobEvents(), scene.sink, finish=False)
    running = scene.start()
    scene.before.set()
    caller = asyncio.create_task(result(running))
    await others_run()
    assert running.is_dispatched
    caller.cancel()
    await others_run()
    assert scene.canceled_after_dispatch
    assert isinstance(scene.sink.events[-1], Failed)
    assert scene.sink.events[-1].failure.code == OutcomeUnknown.code
    assert "Every client left" in scene.sink.events[-1].failure.message


async def test_a_retained_job_goes_on_without_a_reader() -> None:
    scene = Scene()
    held = handle_of(scene.start())
    held.retain()
    caller = asyncio.create_task(held.result())
    await others_run()
    caller.cancel()
    await others_run()
    assert scene.jobs.by_id(JOB.id, owner=JOB.owner) is not None
    assert scene.jobs.by_id(JOB.id, owner="another") is None
    held.release()
    await others_run()
    assert isinstance(scene.sink.events[-1], Failed)
    assert scene.sink.events[-1].failure.code == Canceled.code
