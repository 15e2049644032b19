"""What every JobEvents promises. A new one inherits this suite."""

import asyncio
from contextlib import aclosing

import pytest

from application.ports.job_events import JobEvents, JobLog
from domain.events import Failed, JobDispatched, JobEvent, JobStarted, PartialReady
from domain.provider_errors import OutcomeUnknown

from ..fakes import PNG, job_for

JOB = job_for()
STARTED, DISPATCHED = JobStarted.of(JOB), JobDispatched(job_id=JOB.id)
FAILED = Failed.of(JOB.id, OutcomeUnknown("The connection broke."))


def preview(image_index: int, index: int) -> PartialReady:
    """Preview `index` of one of several images."""
    return PartialReady(job_id=JOB.id, image=PNG, image_index=image_index, index=index)


def log_of(events: JobEvents, *appended: JobEvent) -> JobLog:
    """The job's log, with these events."""
    log = events.open(JOB.id)
    for event in appended:
        log.append(event)
    return log


async def read(log: JobLog, cursor: int = 0) -> list[JobEvent]:
    """All events from `cursor` on, up to the last."""
    async with aclosing(log.read(cursor)) as events:
        return [event async for _, event in events]


@pytest.mark.anyio
class JobEventsContract:
    """Give a fixture `events`; the suite tests the rest."""

    @pytest.fixture
    def events(self) -> JobEvents:
        pytest.fail("The class that inherits this suite gives the events.")

    async def test_a_late_reader_reads_what_an_early_one_did(self, events: JobEvents) -> None:
        log = events.open(JOB.id)
        early = asyncio.create_task(read(log))
        for event in (STARTED, DISPATCHED, FAILED):
            log.append(event)
            await asyncio.sleep(0)
        assert await early == await read(log) == [STARTED, DISPATCHED, FAILED]

    async def test_a_reader_continues_after_the_events_that_it_has(self, events: JobEvents) -> None:
        log = log_of(events, STARTED, DISPATCHED, FAILED)
        assert await read(log, cursor=2) == [FAILED]
        assert await read(log, cursor=3) == []

    async def test_only_the_last_event_closes_a_log(self, events: JobEvents) -> None:
        log = log_of(events, STARTED, DISPATCHED)
        assert not log.closed
        log.append(FAILED)
        assert log.closed

    async def test_a_log_is_found_by_the_id_of_its_job(self, events: JobEvents) -> None:
        log = log_of(events, STARTED, FAILED)
        assert await read(events.open(JOB.id)) == await read(log)
        assert not events.open("job_2").closed

    async def test_a_waiting_reader_gets_every_event_of_a_burst(self, events: JobEvents) -> None:
        log = events.open(JOB.id)
        async with aclosing(log.read(drop_superseded=True)) as reading:
            waiting = asyncio.ensure_future(anext(reading))
            await asyncio.sleep(0)
            burst: list[JobEvent] = [preview(0, 0), preview(0, 1), FAILED]
            for event in burst:
                log.append(event)
            assert [await waiting] == [(0, burst[0])]
            assert [event async for _, event in reading] == burst[1:]

    async def test_a_busy_reader_skips_superseded_previews_and_never_the_last(
        self, events: JobEvents
    ) -> None:
        log = log_of(events, STARTED)
        async with aclosing(log.read(drop_superseded=True)) as reading:
            assert await anext(reading) == (0, STARTED)
            missed: list[JobEvent] = [
                *(preview(image, index) for index in (0, 1) for image in (0, 1)),
                FAILED,
            ]
            for event in missed:  # while the reader is busy with the first one
                log.append(event)
            rest = [numbered async for numbered in reading]
        assert rest == [(3, missed[2]), (4, missed[3]), (5, FAILED)]

    async def test_a_reader_that_does_not_ask_for_it_skips_nothing(self, events: JobEvents) -> None:
        appended: list[JobEvent] = [STARTED, preview(0, 0), preview(0, 1), FAILED]
        log = log_of(events, *appended)
        assert await read(log) == appended

    async def test_a_reader_that_stands_still_delays_no_other(self, events: JobEvents) -> None:
        log = log_of(events, STARTED, FAILED)
        async with aclosing(log.read()) as slow:
            assert await anext(slow) == (0, STARTED)
            assert await read(log) == [STARTED, FAILED]
            assert await anext(slow) == (1, FAILED)
