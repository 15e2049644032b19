"""A job at work in this process, and the callers that wait for it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from application.jobs.event_log import EventLog
from domain.events import Failed, Finished, JobDispatched, JobEvent, PartialReady
from domain.jobs import Job
from domain.requests import ImageRequest

AnyJob = Job[ImageRequest]


class RunningJob:
    """A job, its log of events, and the number of its waiting callers.

    The runner appends the events; every reader reads the log at its own pace.
    """

    def __init__(self, job: AnyJob, *, finish: bool = True, is_replay: bool = False) -> None:
        """A job that all callers left after it was sent goes on if it is to `finish`.

        `is_replay`: the events repeat how an earlier job ended, and are no news to the sink.
        """
        self.job = job
        self.log: EventLog[JobEvent] = EventLog()
        self.is_replay = is_replay
        self.is_dispatched = False
        self.is_abandoned = False
        self.joined_callers = 0
        self.task: asyncio.Task[None] | None = None
        self._finish_when_abandoned = finish
        self._waiting = 0

    def append(self, event: JobEvent) -> None:
        """Append to the log; Finished or Failed closes it."""
        self.is_dispatched = self.is_dispatched or isinstance(event, JobDispatched)
        self.log.append(event)
        if isinstance(event, Finished | Failed):
            self.log.close()

    def all_events(self) -> tuple[JobEvent, ...]:
        """All events so far."""
        return self.log.all()

    def has_event(self, number: int) -> bool:
        """Whether there is an event of this number or a later one, or may yet be."""
        return not self.log.closed or number < len(self.log.all())

    def follow(self, cursor: int = 0) -> AsyncGenerator[tuple[int, JobEvent], None]:
        """Numbered events from `cursor` on, for a reader whose leaving cancels nothing.

        A number that does not exist yet means from the start. Slow readers skip superseded
        previews.
        """
        known = cursor <= len(self.log.all())
        return self.log.numbered(cursor if known else 0, superseded)

    def add_waiter(self) -> None:
        """Count one more caller that waits for the end."""
        self._waiting += 1

    def remove_waiter(self) -> None:
        """Count one caller less, and cancel a job that was not sent when the last one leaves.

        A job that was sent goes on if it is to `finish`, because the image may already be paid for.
        """
        self._waiting -= 1
        ended = self.log.closed  # all that may still run then is filling the cache
        if self._waiting or ended or (self.is_dispatched and self._finish_when_abandoned):
            return
        self.is_abandoned = True
        if self.task is not None:
            self.task.cancel()


def superseded(event: JobEvent, later: Sequence[JobEvent]) -> bool:
    """Whether the event is a preview of an image of which there is a later preview."""
    if not isinstance(event, PartialReady):
        return False
    previews = (other for other in later if isinstance(other, PartialReady))
    return any(other.image_index == event.image_index for other in previews)
