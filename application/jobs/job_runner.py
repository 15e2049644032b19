"""Work that the application owns: jobs that go on when their callers leave."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

from application.jobs.recent_jobs import RETENTION_SECONDS, RecentJob, RecentJobs
from application.jobs.running_job import AnyJob, RunningJob
from application.ports.event_sink import EventSink
from domain.errors import Canceled, ImageServiceError, InternalError, NotFound, ShuttingDown
from domain.events import Failed, ServiceEvent
from domain.provider_errors import OutcomeUnknown

CANCEL_TIMEOUT = 1.0
"""Seconds, of the grace, in which jobs that were told to end write their records."""


class NullEventSink:
    """An EventSink that does not listen."""

    def publish(self, _: ServiceEvent, /) -> None:
        return


class JobRunner:
    """All jobs at work in this process, by fingerprint and by id, and those that ended lately."""

    def __init__(self, sink: EventSink, *, finish: bool = True) -> None:
        """Jobs that everybody has left after they were sent go on if they are to `finish`."""
        self._sink = sink
        self._finish = finish
        self._jobs: dict[str, RunningJob] = {}
        self._by_id: dict[str, RunningJob] = {}
        self._ended = RecentJobs()
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = False

    @property
    def draining(self) -> bool:
        """Whether new work is refused because the service is about to end."""
        return self._draining

    def by_fingerprint(self, fingerprint: str) -> RunningJob | None:
        """The job that is already painting this, if there is one."""
        return self._jobs.get(fingerprint)

    def by_id(self, job_id: str, *, owner: str) -> RunningJob | None:
        """The job of this id and owner, if it is at work here."""
        found = self._by_id.get(job_id)
        return found if found is not None and found.job.owner == owner else None

    def by_key(self, key: str, *, owner: str) -> RunningJob | None:
        """The job at work here that was begun under this owner's key."""
        running = self._by_id.values()
        named = ((it.job.key.value if it.job.key else None, it) for it in running)
        return next((it for name, it in named if (name, it.job.owner) == (key, owner)), None)

    def all(self, *, owner: str) -> list[RunningJob]:
        """The owner's jobs at work here, the newest first."""
        return [it for it in reversed(self._by_id.values()) if it.job.owner == owner]

    def find(self, job_id: str, *, owner: str) -> RunningJob | RecentJob:
        """The job of this id and owner, at work or ended lately; raise NotFound."""
        found = self._by_id.get(job_id) or self._ended.get(job_id)
        if found is None or found.job.owner != owner:
            raise NotFound(
                f"{job_id[:80]} cannot be followed: no such job is at work or ended just now.",
                hint="Its pictures, if it has made any, are found by their own ids.",
            )
        return found

    def start(
        self,
        job: AnyJob,
        work: Callable[[RunningJob], Awaitable[None]],
    ) -> RunningJob:
        """Run `work` in a task of our own; raise ShuttingDown once `drain` has begun."""
        running = RunningJob(job, self._sink, self._cancel_abandoned, finish=self._finish)
        self._run(running, work)
        self._jobs[job.fingerprint] = self._by_id[job.id] = running
        return running

    def start_replay(
        self, job: AnyJob, work: Callable[[RunningJob], Awaitable[None]]
    ) -> RunningJob:
        """The same for `work` that tells how a job ended that was at work before.

        It was counted and could be followed then: this time only who asked hears of it.
        """
        running = RunningJob(job, NullEventSink(), self._cancel_abandoned)
        self._run(running, work)
        return running

    def _run(self, running: RunningJob, work: Callable[[RunningJob], Awaitable[None]]) -> None:
        if self._draining:
            raise ShuttingDown("The server is shutting down and starts no new work.")
        running.task = asyncio.create_task(self._run_task(running, work), name=running.job.id)
        self._tasks.add(running.task)
        running.task.add_done_callback(lambda task: self._on_done(running, task))

    async def drain(self, grace: float) -> None:
        """Refuse new work, let what was sent finish, and end the rest, within `grace` seconds.

        What was not sent ends at once: sent now, it might be paid for and not be done in time.
        What is ended has its state recorded by the safeguards before this returns.
        """
        self._draining = True
        if not self._tasks:
            return
        for running in [*self._by_id.values()]:
            if not (running.dispatched or running.log.closed) and running.task is not None:
                running.task.cancel()
        patience = max(0.0, grace - CANCEL_TIMEOUT)
        _, late = await asyncio.wait(self._tasks, timeout=patience)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=CANCEL_TIMEOUT)

    async def _run_task(
        self, running: RunningJob, work: Callable[[RunningJob], Awaitable[None]]
    ) -> None:
        job_id = running.job.id
        try:
            await work(running)
        except ImageServiceError as error:
            running.emit(Failed(job_id=job_id, error=error))
        except asyncio.CancelledError:
            self._end(running)
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the waiting callers must hear of it
            incident = InternalError(uuid4().hex[:12])
            incident.__cause__ = error
            running.emit(Failed(job_id=job_id, error=incident))
        finally:
            self._unregister(running)

    def _on_done(self, running: RunningJob, task: asyncio.Task[None]) -> None:
        self._end(running)  # a task that is canceled before its first step tells nothing itself
        self._tasks.discard(task)
        if self._by_id.get(running.job.id) is running:
            del self._by_id[running.job.id]
            self._ended.add(RecentJob.of(running.job, running.log.all()))
            asyncio.get_running_loop().call_later(RETENTION_SECONDS, self._ended.evict_expired)

    def _end(self, running: RunningJob) -> None:
        if not running.log.closed:
            running.emit(Failed(job_id=running.job.id, error=self._termination_error(running)))

    def _cancel_abandoned(self, running: RunningJob) -> None:
        self._unregister(running)  # at once, so that nobody joins what is about to end
        if running.task is not None:
            running.task.cancel()

    def _unregister(self, running: RunningJob) -> None:
        if self._jobs.get(running.job.fingerprint) is running:
            del self._jobs[running.job.fingerprint]

    def _termination_error(self, running: RunningJob) -> ImageServiceError:
        if self._draining:
            if running.dispatched:
                return OutcomeUnknown("The server shut down while the picture was being painted.")
            return ShuttingDown("The server shut down before the request was sent.")
        if running.dispatched:
            return OutcomeUnknown("Everybody left while the picture was being painted.")
        return Canceled("The request was canceled before it was sent.")
