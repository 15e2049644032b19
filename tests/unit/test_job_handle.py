"""What is known of a caller's own way through a job."""

from collections.abc import Sequence

import pytest

from application.jobs.job_handle import JobHandle
from application.jobs.job_runner import JobRunner
from application.jobs.running_job import RunningJob
from domain.errors import ImageServiceError
from domain.events import Failed, Finished, JobEvent, JobJoined, JobStarted
from domain.provider_errors import RateLimited
from domain.results import ServedFrom
from tests.testkit.fakes import RecordingSink, renditions
from tests.unit.stories import images, job

pytestmark = pytest.mark.anyio
JOB = job("job_1")
STARTED = JobStarted(job_id=JOB.id, job=JOB)
FINISHED = Finished(job_id=JOB.id, result=images(JOB))


def started(*events: JobEvent) -> tuple[RunningJob, RecordingSink]:
    async def work(running: RunningJob) -> None:
        for event in events:
            running.emit(event)

    sink = RecordingSink()
    return JobRunner(sink).start(JOB, work), sink


def ticket(running: RunningJob, *, joined: bool = False) -> JobHandle:
    return JobHandle(
        running, JOB.request, renditions(), asked_model="fake-1", notes=(), joined=joined
    )


async def test_who_joins_is_told_to_the_sink_and_to_no_other_caller() -> None:
    running, sink = started(STARTED, FINISHED)
    first, _ = ticket(running), ticket(running, joined=True)
    told: Sequence[JobEvent] = [event async for event in first.events()]
    assert [type(event) for event in told] == [JobStarted, Finished]
    assert [event for event in sink.events if isinstance(event, JobJoined)] == [
        JobJoined(job_id=JOB.id, job=JOB)
    ]


async def test_the_end_is_known_once_it_was_read_and_is_the_callers_own() -> None:
    running, _ = started(STARTED, FINISHED)
    first, second = ticket(running), ticket(running, joined=True)
    assert first.end is None
    await first.result()
    await second.result()
    ends = [each.end for each in (first, second)]
    served = [end.result.served_from for end in ends if isinstance(end, Finished)]
    assert served == [ServedFrom.PROVIDER, ServedFrom.JOINED]


async def test_a_failure_is_an_end_too() -> None:
    running, _ = started(STARTED, Failed(job_id=JOB.id, error=RateLimited("Not now.")))
    mine = ticket(running)
    with pytest.raises(ImageServiceError):
        await mine.result()
    assert isinstance(mine.end, Failed)
