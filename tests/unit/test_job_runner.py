"""Work belongs to the application; callers come and go."""

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
from tests.testkit.fakes import FrozenClock, RecordingSink, job_for, renditions, small_image

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


class Studio:
    """Running jobs whose only job waits at two gates, before and after it is sent."""

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


def ticket(running: RunningJob) -> JobHandle:
    """What a caller holds."""
    return JobHandle(running, JOB.request, renditions(), requested_model="fake-1", notes=())


async def read(running: RunningJob, seen: list[JobEvent]) -> None:
    async with aclosing(ticket(running).events()) as events:
        async for event in events:
            seen.append(event)  # noqa: PERF401 - a test looks at the list while it grows


async def result(running: RunningJob) -> ImageResult:
    """What a caller waits for."""
    return await ticket(running).result()


async def others_run() -> None:
    """Let every other task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_every_reader_gets_every_event_however_late_it_comes() -> None:
    studio = Studio()
    running = studio.start()
    early: list[JobEvent] = []
    late: list[JobEvent] = []
    reader = asyncio.create_task(read(running, early))
    studio.before.set()
    studio.after.set()
    await reader
    await read(running, late)
    assert early == late == studio.sink.events
    assert [type(event) for event in early] == [JobStarted, JobDispatched, Finished]


async def test_a_reader_can_begin_at_a_cursor() -> None:
    studio = Studio()
    running = studio.start()
    studio.before.set()
    studio.after.set()
    await result(running)
    async with aclosing(ticket(running).events(cursor=2)) as events:
        assert [type(event) async for event in events] == [Finished]


async def test_before_dispatch_the_last_caller_to_leave_cancels_the_job() -> None:
    studio = Studio()
    running = studio.start()
    first = asyncio.create_task(result(running))
    second = asyncio.create_task(result(running))
    await others_run()
    first.cancel()
    await others_run()
    assert running.task is not None
    assert not running.task.done()
    second.cancel()
    await asyncio.wait({running.task})
    assert isinstance(studio.sink.events[-1], Failed)
    assert studio.sink.events[-1].failure.code == Canceled.code
    assert studio.jobs.by_fingerprint(JOB.fingerprint) is None


async def test_every_reader_of_one_ticket_is_waited_for() -> None:
    studio = Studio()
    held = ticket(studio.start())
    first, second = (asyncio.create_task(held.result()) for _ in range(2))
    await others_run()
    first.cancel()
    await others_run()
    assert not second.done()
    second.cancel()
    await others_run()
    assert studio.jobs.by_fingerprint(JOB.fingerprint) is None


async def test_after_dispatch_a_caller_that_leaves_only_detaches() -> None:
    studio = Studio()
    running = studio.start()
    caller = asyncio.create_task(result(running))
    studio.before.set()
    await others_run()
    caller.cancel()
    await others_run()
    studio.after.set()
    assert running.task is not None
    await running.task
    assert isinstance(studio.sink.events[-1], Finished)
    assert not studio.canceled_after_dispatch


async def test_a_job_can_be_joined_until_it_ends() -> None:
    studio = Studio()
    running = studio.start()
    assert studio.jobs.by_fingerprint(JOB.fingerprint) is running
    studio.before.set()
    studio.after.set()
    await result(running)
    assert running.task is not None
    await running.task
    assert studio.jobs.by_fingerprint(JOB.fingerprint) is None


async def test_the_end_says_how_many_had_joined_by_then() -> None:
    studio = Studio()
    running = studio.start()
    studio.jobs.join(running)
    studio.jobs.join(running)
    studio.before.set()
    studio.after.set()
    await result(running)
    ends = [event for event in studio.sink.events if isinstance(event, Finished)]
    assert [event.joined_callers for event in ends] == [2]


async def test_a_failure_reaches_everybody_who_waits() -> None:
    running = JobRunner(MemoryJobEvents(), RecordingSink()).start(
        JOB, failing(RateLimited("Not now.", retry_after=3))
    )
    results = await asyncio.gather(result(running), result(running), return_exceptions=True)
    assert [type(result) for result in results] == [RateLimited, RateLimited]


async def test_an_unforeseen_fault_is_an_incident_without_its_text() -> None:
    sink = RecordingSink()
    running = JobRunner(MemoryJobEvents(), sink).start(
        JOB, failing(ZeroDivisionError("the secret text"))
    )
    with pytest.raises(InternalError) as failed:
        await result(running)
    assert "secret" not in str(failed.value)
    assert isinstance(failed.value.__cause__, ZeroDivisionError)


async def test_draining_waits_for_running_work_and_refuses_new() -> None:
    studio = Studio()
    running = studio.start()
    studio.before.set()
    draining = asyncio.create_task(studio.jobs.drain(30))
    await others_run()
    assert not draining.done()
    with pytest.raises(ShuttingDown):
        studio.start()
    studio.after.set()
    await draining
    assert (await result(running)).job_id == JOB.id


async def test_what_outlasts_the_grace_is_ended_and_its_callers_are_told() -> None:
    studio = Studio()
    running = studio.start()
    studio.before.set()
    caller = asyncio.create_task(result(running))
    await others_run()
    await studio.jobs.drain(0)
    assert studio.canceled_after_dispatch
    with pytest.raises(OutcomeUnknown, match="shut down"):
        await caller


async def test_what_was_not_sent_when_the_server_shuts_down_costs_nothing_and_is_not_sent() -> None:
    studio = Studio()
    caller = asyncio.create_task(result(studio.start()))
    await others_run()
    await asyncio.wait_for(studio.jobs.drain(30), 1)
    studio.before.set()
    with pytest.raises(ShuttingDown):
        await caller
    assert not any(isinstance(event, JobDispatched) for event in studio.sink.events)


async def test_a_job_that_was_given_up_is_not_joined_any_more() -> None:
    studio = Studio()
    caller = asyncio.create_task(result(studio.start()))
    await others_run()
    caller.cancel()
    with suppress(asyncio.CancelledError):
        await caller
    assert studio.jobs.by_fingerprint(JOB.fingerprint) is None


async def test_a_sink_that_raises_spoils_no_job() -> None:
    class Rude(RecordingSink):
        def publish(self, event: ServiceEvent, /) -> None:
            raise OSError("the disk is full")

    studio = Studio()
    studio.jobs = JobRunner(MemoryJobEvents(), Rude())
    running = studio.start()
    studio.before.set()
    studio.after.set()
    assert (await result(running)).job_id == JOB.id


async def test_where_it_is_not_to_be_finished_the_last_to_leave_gives_a_sent_job_up() -> None:
    studio = Studio()
    studio.jobs = JobRunner(MemoryJobEvents(), studio.sink, finish=False)
    running = studio.start()
    studio.before.set()
    caller = asyncio.create_task(result(running))
    await others_run()
    assert running.is_dispatched
    caller.cancel()
    await others_run()
    assert studio.canceled_after_dispatch
    assert isinstance(studio.sink.events[-1], Failed)
    assert studio.sink.events[-1].failure.code == OutcomeUnknown.code
    assert "Everybody left" in studio.sink.events[-1].failure.message


async def test_a_job_that_is_held_is_not_given_up_although_nobody_reads_it() -> None:
    studio = Studio()
    held = ticket(studio.start())
    held.retain()
    caller = asyncio.create_task(held.result())
    await others_run()
    caller.cancel()
    await others_run()
    assert studio.jobs.by_id(JOB.id, owner=JOB.owner) is not None
    assert studio.jobs.by_id(JOB.id, owner="somebody") is None
    held.release()
    await others_run()
    assert isinstance(studio.sink.events[-1], Failed)
    assert studio.sink.events[-1].failure.code == Canceled.code
