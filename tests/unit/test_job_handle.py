"""A handle gives one caller its own view of a job."""

from collections.abc import Sequence

import pytest

from adapters.job_events.memory import MemoryJobEvents
from application.jobs.job_handle import JobHandle
from application.jobs.job_runner import Execution, JobRunner
from application.jobs.running_job import RunningJob
from domain.errors import ImageServiceError
from domain.events import Failed, Finished, JobEvent, JobJoined, JobStarted
from domain.provider_errors import RateLimited
from domain.results import ServedFrom
from tests.testkit.events import images, job
from tests.testkit.fakes import RecordingSink, no_day_budget, renditions

pytestmark = pytest.mark.anyio
JOB = job("job_1")
STARTED = JobStarted.of(JOB)
FINISHED = Finished(job_id=JOB.id, result=images(JOB))


async def execution(*events: JobEvent, error: ImageServiceError | None = None) -> Execution:
    for event in events:
        yield event
    if error is not None:
        raise error


def started(*events: JobEvent, error: ImageServiceError | None = None) -> RunningJob:
    return JobRunner(MemoryJobEvents(), RecordingSink()).start(JOB, execution(*events, error=error))


def handle_of(running: RunningJob, *, joined: bool = False) -> JobHandle:
    return JobHandle(
        running,
        JOB.request,
        renditions(),
        no_day_budget(),
        requested_model="fake-1",
        notes=(),
        joined=joined,
    )


async def test_only_the_sink_gets_the_event_of_a_joining_caller() -> None:
    sink = RecordingSink()
    jobs = JobRunner(MemoryJobEvents(), sink)
    running = jobs.start(JOB, execution(STARTED, FINISHED))
    first, _ = handle_of(running), handle_of(running, joined=True)
    jobs.join(running)
    events: Sequence[JobEvent] = [event async for event in first.events()]
    assert [type(event) for event in events] == [JobStarted, Finished]
    assert [event for event in sink.events if isinstance(event, JobJoined)] == [JobJoined.of(JOB)]


async def test_the_final_event_is_known_once_read_and_personal() -> None:
    running = started(STARTED, FINISHED)
    first, second = handle_of(running), handle_of(running, joined=True)
    assert first.end is None
    await first.result()
    await second.result()
    ends = [each.end for each in (first, second)]
    served = [end.result.served_from for end in ends if isinstance(end, Finished)]
    assert served == [ServedFrom.PROVIDER, ServedFrom.JOINED]


async def test_a_failure_is_a_final_event() -> None:
    running = started(STARTED, error=RateLimited("Not now."))
    handle = handle_of(running)
    with pytest.raises(ImageServiceError):
        await handle.result()
    assert isinstance(handle.end, Failed)
