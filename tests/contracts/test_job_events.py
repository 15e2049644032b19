"""Every store of job events fulfills the contract of JobEvents."""

import gc

import pytest

from adapters.job_events.memory import MemoryJobEvents
from tests.testkit.contracts.job_events import FAILED, STARTED, JobEventsContract, log_of, read

JOB_ID = STARTED.job_id


class TestMemoryJobEvents(JobEventsContract):
    @pytest.fixture
    def events(self) -> MemoryJobEvents:
        return MemoryJobEvents()


@pytest.mark.anyio
async def test_a_log_in_memory_is_freed_with_its_last_reader() -> None:
    events = MemoryJobEvents()
    log = log_of(events, STARTED, FAILED)
    reading = log.read()
    del log
    assert await anext(reading) == (0, STARTED)
    assert await read(events.open(JOB_ID)) == [STARTED, FAILED]
    await reading.aclose()
    del reading
    gc.collect()
    assert not events.open(JOB_ID).closed, "this is a new log"
