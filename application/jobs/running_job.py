"""A running job of this process, and the callers that wait for it."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from application.jobs.milestone import Milestone
from application.ports.clock import Clock, SystemClock
from application.ports.job_events import JobLog
from domain.errors import ImageServiceError
from domain.events import JobDispatched, JobEvent, PartialReady
from domain.jobs import Job
from domain.requests import ImageRequest

AnyJob = Job[ImageRequest]


@dataclass(eq=False, slots=True)
class RunningJob:
    """A job, its log of events, and the number of its waiting callers.

    The runner appends the events; every reader reads the log at its own pace. With
    `finish_when_abandoned`, a job that was sent continues after its last caller has left.
    `is_replay`: the events repeat the end of an earlier job and are not published.
    """

    job: AnyJob
    log: JobLog
    fallback: AnyJob | None = None
    """The job that takes its place if the provider fails without a charge."""
    fallback_note: str = ""
    """What the results of its callers say after it took that place; empty before."""
    finish_when_abandoned: bool = True
    is_replay: bool = False
    waiting: int = 0
    joined_callers: int = 0
    is_dispatched: bool = False
    is_accepted: bool = False
    """Whether the provider has accepted the work, so that any process can read its outcome."""
    is_abandoned: bool = False
    shared_key: str = field(init=False)
    """That of the job with which it started."""
    error: ImageServiceError | None = None
    """The error that the job failed with; the log has it as a plain value."""
    task: asyncio.Task[None] | None = None
    expected: list[tuple[ImageRequest, int]] = field(default_factory=list)
    """The requests of callers that will show the images, and the bytes that each image may have."""
    clock: Clock = field(default_factory=SystemClock)
    _milestones: list[Milestone] = field(default_factory=list)
    _next_number: int = 0

    def __post_init__(self) -> None:
        self.shared_key = self.job.shared_key

    def fall_back(self, note: str) -> None:
        """Let the fallback take the place of the job, which the note tells the callers."""
        assert self.fallback is not None, "only a job with a fallback falls back"
        self.job, self.fallback_note = self.fallback, note

    def append(self, event: JobEvent) -> None:
        """Append to the log, which must not be closed."""
        self.is_dispatched = self.is_dispatched or isinstance(event, JobDispatched)
        if not isinstance(event, PartialReady):
            now = self.clock.now()
            self._milestones.append(Milestone(self._next_number, event, now))
        self._next_number += 1
        self.log.append(event)

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        """The events so far, without previews."""
        return tuple(self._milestones)

    def has_event(self, number: int) -> bool:
        """Whether an event with this number or a later one exists or may still come."""
        return not self.log.closed or number < self._next_number

    def follow(self, cursor: int = 0) -> AsyncGenerator[tuple[int, JobEvent], None]:
        """Numbered events from `cursor` on, for a reader that may leave without canceling the job.

        A cursor beyond the next event starts from the first one. Slow readers skip superseded
        previews.
        """
        known = cursor <= self._next_number
        return self.log.read(cursor if known else 0, drop_superseded=True)

    def add_waiter(self) -> None:
        """Count one more caller that waits for the job."""
        self.waiting += 1

    def remove_waiter(self) -> None:
        """Count one caller less. When the last one leaves, cancel a job that was not sent.

        A job that was sent continues with `finish_when_abandoned`, because the image may already be
        billed.
        """
        self.waiting -= 1
        ended = self.log.closed  # its task may still be filling the cache
        if self.waiting or ended or (self.is_dispatched and self.finish_when_abandoned):
            return
        self.is_abandoned = True
        if self.task is not None:
            self.task.cancel()
