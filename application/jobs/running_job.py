"""One job at work, and who waits for it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from application.jobs.event_log import EventLog
from application.ports.event_sink import EventSink
from domain.events import (
    Failed,
    Finished,
    JobAccepted,
    JobDispatched,
    JobEvent,
    JobJoined,
    PartialReady,
    ServiceEvent,
)
from domain.jobs import Job
from domain.requests import ImageRequest

AnyJob = Job[ImageRequest]


class RunningJob:
    """A job at work. Whoever waits for it reads its log at a pace of their own."""

    def __init__(
        self,
        job: AnyJob,
        sink: EventSink,
        abandon: Callable[["RunningJob"], None],
        *,
        finish: bool = True,
    ) -> None:
        self.job = job
        self.log: EventLog[JobEvent] = EventLog()
        self.dispatched = False
        self.task: asyncio.Task[None] | None = None
        self._sink = sink
        self._abandon = abandon
        self._finish_when_abandoned = finish
        self._waiting = 0
        self._joined = 0

    def emit(self, event: JobEvent | JobAccepted) -> None:
        """Append to the log; the app-wide sink hears the same."""
        self.dispatched = self.dispatched or isinstance(event, JobDispatched)
        if self._joined and isinstance(event, Finished):
            event = replace(event, joined_callers=self._joined)
        if not (self.log.closed or isinstance(event, JobAccepted)):  # others are the sink's alone
            self.log.append(event)
        if isinstance(event, Finished | Failed):
            self.log.close()
        self._publish(event)

    def add_joined_caller(self) -> None:
        """Tell the app-wide sink that one more caller shares the job."""
        self._joined += 1
        self._publish(JobJoined(job_id=self.job.id, job=self.job))

    def all_events(self) -> tuple[JobEvent, ...]:
        """All events so far."""
        return self.log.all()

    def has_event(self, number: int) -> bool:
        """Whether there is an event of this number or a later one, or may yet be."""
        return not self.log.closed or number < len(self.log.all())

    def follow(self, cursor: int = 0) -> AsyncGenerator[tuple[int, JobEvent], None]:
        """Numbered events from `cursor` on, for who only looks on: leaving cancels nothing.

        A number that was never given means from the start.
        A slow reader is spared previews that have been followed by finer ones.
        """
        known = cursor <= len(self.log.all())
        return self.log.numbered(cursor if known else 0, superseded)

    def add_waiter(self) -> None:
        """Count one more who waits for the end."""
        self._waiting += 1

    def remove_waiter(self) -> None:
        """Count one less. If that was the last, and nothing was sent yet, the job is canceled.

        After that it goes on if it is one to `finish`, because the picture may already be paid for.
        """
        self._waiting -= 1
        ended = self.log.closed  # all that may still be at work then is keeping the answer
        if not (self._waiting or ended or (self.dispatched and self._finish_when_abandoned)):
            self._abandon(self)

    def _publish(self, event: ServiceEvent) -> None:
        with suppress(Exception):  # a sink promises not to raise; a paid picture does not bet on it
            self._sink.publish(event)


def superseded(event: JobEvent, later: Sequence[JobEvent]) -> bool:
    """Whether it is a preview of a picture of which a later preview has come."""
    if not isinstance(event, PartialReady):
        return False
    previews = (other for other in later if isinstance(other, PartialReady))
    return any(other.image_index == event.image_index for other in previews)
