"""A job is followed by its ID while it runs, and for a while after its end."""

import asyncio
from contextlib import aclosing

import pytest

import application.jobs.recent_jobs as bounds
from adapters.job_events.memory import MemoryJobEvents
from application.jobs.job_runner import Execution, JobRunner
from application.jobs.milestone import Milestone
from application.jobs.recent_jobs import RecentJob, RecentJobs
from application.jobs.running_job import RunningJob
from domain.errors import Canceled, NotFound
from domain.events import (
    CacheFailed,
    Failed,
    Finished,
    JobDispatched,
    JobEvent,
    JobStarted,
    PartialReady,
)
from domain.image import Image
from domain.requests import EditRequest
from domain.results import ImageResult, ResultImage
from tests.testkit.fakes import PNG, FrozenClock, RecordingSink, job_for, mask, small_image

pytestmark = pytest.mark.anyio
JOB = job_for(owner="ann")
STARTED, DISPATCHED = JobStarted.of(JOB), JobDispatched(job_id=JOB.id)
Numbered = list[tuple[int, JobEvent]]


def finished(*images: Image) -> Finished:
    answer = ImageResult(
        job_id=JOB.id,
        images=tuple(ResultImage(image=image) for image in images or (PNG,)),
        provider="fake",
        model="fake-1",
        requested_model="fake-1",
        created_at=FrozenClock().now(),
    )
    return Finished(job_id=JOB.id, result=answer)


def partial(index: int) -> PartialReady:
    return PartialReady(job_id=JOB.id, image=PNG, image_index=0, index=index)


EVENTS = (STARTED, DISPATCHED, partial(0), partial(1), finished())


def milestones(*events: JobEvent) -> tuple[Milestone, ...]:
    at = FrozenClock().now()
    return tuple(Milestone(number, event, at) for number, event in enumerate(events))


def ended(job_id: str = "job_1", last: JobEvent | None = None) -> RecentJob:
    return RecentJob(job_for(id=job_id), milestones(STARTED, last or finished()))


async def numbered(job: RunningJob | RecentJob, cursor: int = 0) -> Numbered:
    async with aclosing(job.follow(cursor)) as events:
        return [event async for event in events]


def start(execution: Execution) -> tuple[JobRunner, RunningJob]:
    jobs = JobRunner(MemoryJobEvents(), RecordingSink())
    return jobs, jobs.start(JOB, execution)


async def ended_and_kept(running: RunningJob) -> None:
    """Wait until the job has ended and is among the recent ones."""
    assert running.task is not None
    await asyncio.wait({running.task})
    await asyncio.sleep(0)


async def all_events() -> Execution:
    for event in EVENTS:
        yield event


async def test_a_running_job_is_followed_by_number() -> None:
    go_on = asyncio.Event()

    async def execution() -> Execution:
        yield STARTED
        await go_on.wait()
        yield finished()

    jobs, running = start(execution())
    found = jobs.find(JOB.id, owner="ann")
    reading = asyncio.create_task(numbered(found))
    await asyncio.sleep(0)
    assert found.has_event(7), "it may still come"
    go_on.set()
    assert [number for number, _ in await reading] == [0, 1]
    await ended_and_kept(running)


async def test_an_ended_job_is_followed_by_the_same_numbers_without_previews() -> None:
    jobs, running = start(all_events())
    await ended_and_kept(running)
    kept = jobs.find(JOB.id, owner="ann")
    assert isinstance(kept, RecentJob)
    assert await numbered(kept) == [(0, EVENTS[0]), (1, EVENTS[1]), (4, EVENTS[4])]
    assert await numbered(kept, 3) == [(4, EVENTS[4])]
    assert kept.has_event(4)
    assert not kept.has_event(5)


async def test_a_job_is_found_at_every_moment_between_its_start_and_its_end() -> None:
    """Also while its result is being cached, after its last event."""
    caching = asyncio.Event()

    async def execution() -> Execution:
        async for event in all_events():
            yield event
        await caching.wait()

    jobs, running = start(execution())
    await asyncio.sleep(0)
    found = jobs.find(JOB.id, owner="ann")
    assert not found.has_event(5)
    assert [number for number, _ in await numbered(found)][-1] == 4
    caching.set()
    await ended_and_kept(running)
    assert jobs.find(JOB.id, owner="ann").has_event(4)


async def test_a_job_of_another_owner_is_not_found() -> None:
    jobs, running = start(all_events())
    with pytest.raises(NotFound):
        jobs.find(JOB.id, owner="bob")
    await ended_and_kept(running)
    for owner, job_id in (("bob", JOB.id), ("ann", "job_2"), ("ann", "")):
        with pytest.raises(NotFound):
            jobs.find(job_id, owner=owner)


async def test_a_disconnecting_follower_cancels_nothing() -> None:
    go_on = asyncio.Event()

    async def execution() -> Execution:
        yield STARTED
        await go_on.wait()
        yield finished()

    _, running = start(execution())
    running.add_waiter()
    following = asyncio.create_task(numbered(running))
    await asyncio.sleep(0)
    following.cancel()
    await asyncio.wait({following})
    assert running.task is not None
    go_on.set()
    await ended_and_kept(running)
    assert isinstance(running.milestones[-1].event, Finished)


async def test_a_slow_reader_skips_previews_and_gets_no_number_twice() -> None:
    jobs, running = start(all_events())
    async with aclosing(running.follow()) as events:
        numbers = []
        async for number, _ in events:
            numbers.append(number)
            await ended_and_kept(running)  # all the rest comes while it is busy with the first
    assert numbers == [0, 1, 3, 4]
    assert jobs.find(JOB.id, owner="ann").has_event(4)


async def test_a_job_that_is_canceled_before_its_first_step_ends_its_log() -> None:
    jobs, running = start(all_events())
    running.remove_waiter()
    await ended_and_kept(running)
    ((_, last),) = await numbered(jobs.find(JOB.id, owner="ann"))
    assert isinstance(last, Failed)
    assert last.failure.code == Canceled.code


async def test_nothing_follows_the_end_of_a_log() -> None:
    sink = RecordingSink()
    late = CacheFailed(job_id=JOB.id, reason="The disk is full.")

    async def execution() -> Execution:
        yield finished()
        yield late
        await asyncio.Event().wait()

    jobs = JobRunner(MemoryJobEvents(), sink)
    running = jobs.start(JOB, execution())
    await asyncio.sleep(0)
    await jobs.drain(0.0)
    await ended_and_kept(running)
    assert await numbered(jobs.find(JOB.id, owner="ann")) == [(0, finished())]
    assert sink.events == [finished(), late], "a job that was finished has not failed"


def test_the_oldest_job_is_evicted_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_JOBS", 2)
    kept = RecentJobs()
    for number in (1, 2, 3):
        kept.add(ended(f"job_{number}"))
    assert kept.get("job_1") is None
    assert kept.get("job_2")
    assert kept.get("job_3")


def test_the_oldest_job_is_evicted_when_their_images_are_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "MAX_BYTES", 2 * len(PNG.data))
    kept = RecentJobs()
    for number in (1, 2, 3):
        kept.add(ended(f"job_{number}"))
    assert kept.get("job_1") is None
    assert kept.get("job_2")
    kept.add(ended("job_4", finished(*[PNG] * 3)))
    assert not any(kept.get(f"job_{number}") for number in (1, 2, 3, 4))


def test_a_job_is_evicted_when_its_time_is_over() -> None:
    time = 0.0
    kept = RecentJobs(lambda: time)
    kept.add(ended())
    time = bounds.RETENTION_SECONDS - 1
    assert kept.get("job_1")
    time = bounds.RETENTION_SECONDS
    assert kept.get("job_1") is None


def test_input_and_result_images_count() -> None:
    input_image, result_image = small_image(size=(16, 16)), small_image(size=(32, 32))
    request = EditRequest(prompt="a red bridge", images=(input_image, PNG), mask=mask())
    edit = RecentJob(job_for(request), milestones(STARTED, finished(result_image)))
    assert edit.bytes == sum(len(image.data) for image in (input_image, PNG, mask(), result_image))
    assert ended(last=Failed.of("job_1", Canceled("Gone."))).bytes == 0


def test_a_job_that_is_added_twice_is_counted_once() -> None:
    now = [0.0]
    jobs = RecentJobs(lambda: now[0])
    for _ in range(3):
        jobs.add(RecentJob(job_for(), milestones(finished(PNG))))
    now[0] = bounds.RETENTION_SECONDS
    jobs.evict_expired()
    assert jobs._bytes == 0
