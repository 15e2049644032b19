"""Work that the application owns: jobs that go on when their callers leave."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import uuid4

from application.event_log import EventLog
from application.ports.event_sink import EventSink
from domain.errors import Canceled, InternalError, ShuttingDown, StudioError
from domain.events import Failed, Finished, JobDispatched, JobEvent
from domain.jobs import Job
from domain.provider_errors import OutcomeUnknown
from domain.requests import PictureRequest

AnyJob = Job[PictureRequest]
CANCELED_WORK_MAY_TAKE = 1.0
"""Seconds, of the grace, in which jobs that were told to end write their records."""


class RunningJob:
    """A job at work. Whoever waits for it reads its log at a pace of their own."""

    def __init__(
        self, job: AnyJob, sink: EventSink, abandon: Callable[["RunningJob"], None]
    ) -> None:
        self.job = job
        self.log: EventLog[JobEvent] = EventLog()
        self.dispatched = False
        self.task: asyncio.Task[None] | None = None
        self._sink = sink
        self._abandon = abandon
        self._waiting = 0

    def tell(self, event: JobEvent) -> None:
        """Append to the log; the app-wide sink hears the same."""
        self.dispatched = self.dispatched or isinstance(event, JobDispatched)
        self.log.append(event)
        if isinstance(event, Finished | Failed):
            self.log.close()
        with suppress(Exception):  # a sink promises not to raise; a paid picture does not bet on it
            self._sink.publish(event)

    def arrive(self) -> None:
        """Count one more who waits for the end."""
        self._waiting += 1

    def leave(self) -> None:
        """Count one less. If that was the last, and nothing was sent yet, the job is canceled.

        After that it goes on, because the picture may already be paid for.
        """
        self._waiting -= 1
        if not self._waiting and not self.dispatched:
            self._abandon(self)


class RunningJobs:
    """All jobs at work in this process, by fingerprint."""

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._jobs: dict[str, RunningJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = False

    @property
    def draining(self) -> bool:
        """Whether new work is refused because the service is about to end."""
        return self._draining

    def joinable(self, fingerprint: str) -> RunningJob | None:
        """The job that is already painting this, if there is one."""
        return self._jobs.get(fingerprint)

    def start(self, job: AnyJob, work: Callable[[RunningJob], Awaitable[None]]) -> RunningJob:
        """Run `work` in a task of our own; raise ShuttingDown once `drain` has begun."""
        if self._draining:
            raise ShuttingDown("The server is shutting down and starts no new work.")
        running = RunningJob(job, self._sink, self._abandoned)
        self._jobs[job.fingerprint] = running
        running.task = asyncio.create_task(self._own(running, work), name=job.id)
        self._tasks.add(running.task)
        running.task.add_done_callback(self._tasks.discard)
        return running

    async def drain(self, grace: float) -> None:
        """Refuse new work, let what runs finish, and end the rest, within `grace` seconds in all.

        What is ended has its state recorded by the safeguards before this returns.
        """
        self._draining = True
        if not self._tasks:
            return
        patience = max(0.0, grace - CANCELED_WORK_MAY_TAKE)
        _, late = await asyncio.wait(self._tasks, timeout=patience)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=CANCELED_WORK_MAY_TAKE)

    async def _own(
        self, running: RunningJob, work: Callable[[RunningJob], Awaitable[None]]
    ) -> None:
        job_id = running.job.id
        try:
            await work(running)
        except StudioError as error:
            running.tell(Failed(job_id=job_id, error=error))
        except asyncio.CancelledError:
            running.tell(Failed(job_id=job_id, error=self._reason(running)))
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the waiting callers must hear of it
            incident = InternalError(uuid4().hex[:12])
            incident.__cause__ = error
            running.tell(Failed(job_id=job_id, error=incident))
        finally:
            self._forget(running)

    def _abandoned(self, running: RunningJob) -> None:
        self._forget(running)  # at once, so that nobody joins what is about to end
        if running.task is not None:
            running.task.cancel()

    def _forget(self, running: RunningJob) -> None:
        if self._jobs.get(running.job.fingerprint) is running:
            del self._jobs[running.job.fingerprint]

    def _reason(self, running: RunningJob) -> StudioError:
        if running.dispatched:
            return OutcomeUnknown("The server shut down while the picture was being painted.")
        if self._draining:
            return ShuttingDown("The server shut down before the request was sent.")
        return Canceled("The request was canceled before it was sent.")
