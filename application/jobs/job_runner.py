"""Runs jobs in tasks that the application owns, so that they continue when their callers leave."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace
from uuid import uuid4

from application.jobs.recent_jobs import RETENTION_SECONDS, RecentJob, RecentJobs
from application.jobs.running_job import AnyJob, RunningJob
from application.ports.clock import Clock, SystemClock
from application.ports.event_sink import EventSink
from application.ports.job_events import JobEvents
from domain.conversations import ConversationId
from domain.errors import Canceled, ImageServiceError, InternalError, NotFound, ShuttingDown
from domain.events import (
    ExecutionEvent,
    Failed,
    FallbackStarted,
    Finished,
    JobAccepted,
    JobJoined,
    ServiceEvent,
)
from domain.provider_errors import OutcomeUnknown

CANCEL_TIMEOUT = 1.0
"""Seconds at the end of the grace period in which canceled jobs write their records."""

SHUT_DOWN = "The server shut down while the image was being generated."
EVERY_CLIENT_LEFT = "Every client left while the image was being generated."
FETCHED_LATER = (
    "The provider has accepted the work. The server fetches the image when it runs again; the same "
    "request sent then waits for it."
)

Execution = AsyncGenerator[ExecutionEvent, None]
"""The work of a job. Yields the job's events; raises the error that the job fails with."""


class JobRunner:
    """All jobs that are running in this process, and those that ended recently.

    Appends every event to the job's log and publishes it to the sink; nothing else does.
    """

    def __init__(
        self,
        events: JobEvents,
        sink: EventSink,
        *,
        finish: bool = True,
        clock: Clock | None = None,
    ) -> None:
        """With `finish`, a job that was sent continues after its last caller has left."""
        self._events = events
        self._clock = clock or SystemClock()
        self._sink = sink
        self._finish = finish
        self._by_fingerprint: dict[str, RunningJob] = {}
        self._by_id: dict[str, RunningJob] = {}
        self._recent = RecentJobs()
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = False
        self._ended = 0

    @property
    def ended(self) -> int:
        """How many jobs have ended in this process."""
        return self._ended

    @property
    def running(self) -> int:
        """How many jobs are running in this process."""
        return len(self._tasks)

    @property
    def draining(self) -> bool:
        """Whether new work is refused because the service is shutting down."""
        return self._draining

    def equal_to(self, job: AnyJob) -> RunningJob | None:
        """The running job that a request for `job` can join, if there is one.

        It has the same `shared_key`. Or its provider has accepted the same request, so that it
        cannot fall back any more.
        """
        running = self._by_fingerprint.get(job.shared_key)
        if running is None:
            running = self._by_fingerprint.get(job.fingerprint)
            if running is None or not running.is_accepted or running.fallback_note:
                return None
        return None if running.is_abandoned else running

    def by_id(self, job_id: str, *, owner: str) -> RunningJob | None:
        """The owner's running job with this ID, if there is one."""
        running = self._by_id.get(job_id)
        return running if running is not None and running.job.owner == owner else None

    def by_key(self, key: str, *, owner: str) -> RunningJob | None:
        """The running job that was started under this owner's idempotency key, if there is one."""
        own = (running for running in self._by_id.values() if running.job.owner == owner)
        return next((each for each in own if each.job.key and each.job.key.value == key), None)

    def all(self, *, owner: str) -> list[RunningJob]:
        """The owner's running jobs, the newest first."""
        jobs = reversed(self._by_id.values())
        return [running for running in jobs if running.job.owner == owner]

    def find(self, job_id: str, *, owner: str) -> RunningJob | RecentJob:
        """The owner's job with this ID, running or ended recently; raise NotFound."""
        found = self._by_id.get(job_id) or self._recent.get(job_id)
        if found is None or found.job.owner != owner:
            raise NotFound(
                f"No job with ID {job_id[:80]} is running or ended in the last few minutes.",
                hint="If it delivered images, get them by their own IDs.",
            )
        return found

    def forget(self, conversation: ConversationId, *, owner: str) -> None:
        """Drop the events of ended jobs of this conversation, which have its texts."""
        self._recent.discard(conversation, owner=owner)

    def start(
        self, job: AnyJob, execution: Execution, *, fallback: AnyJob | None = None
    ) -> RunningJob:
        """Run the job in a task of its own; raise ShuttingDown after `drain` was called.

        The caller counts as waiting. `fallback` takes the job's place after FallbackStarted.
        """
        log = self._events.open(job.id)
        running = RunningJob(
            job,
            log,
            fallback=fallback,
            finish_when_abandoned=self._finish,
            waiting=1,
            clock=self._clock,
        )
        self._start_task(running, execution)
        self._by_fingerprint[job.shared_key] = self._by_id[job.id] = running
        return running

    def start_resumed(self, job: AnyJob, execution: Execution) -> RunningJob:
        """Run the rest of a job that its provider has accepted; no caller waits for it yet.

        Raises ShuttingDown after `drain` was called.
        """
        log = self._events.open(f"resumed_{uuid4().hex}")  # an earlier try may have the job's ID
        running = RunningJob(
            job,
            log,
            finish_when_abandoned=self._finish,
            is_dispatched=True,
            is_accepted=True,
            clock=self._clock,
        )
        self._start_task(running, execution)
        self._by_fingerprint.setdefault(job.fingerprint, running)
        self._by_id[job.id] = running
        return running

    def start_replay(self, job: AnyJob, execution: Execution) -> RunningJob:
        """Replay the events of an earlier job for one caller; raise ShuttingDown.

        They are not published again, and only this caller can read them.
        """
        log = self._events.open(f"replay_{uuid4().hex}")  # the job's own log has the job's ID
        running = RunningJob(job, log, is_replay=True, clock=self._clock)
        self._start_task(running, execution)
        return running

    def join(self, running: RunningJob) -> None:
        """Count one more caller that shares the job and waits for it, and publish JobJoined."""
        running.waiting += 1
        running.joined_callers += 1
        self._publish(running, JobJoined.of(running.job))

    async def drain(self, grace: float) -> None:
        """Refuse new work, let jobs that were sent finish, and cancel all others.

        Takes at most `grace` seconds. Jobs that were not sent are canceled at once: if they were
        sent now, they might be billed and still not end in time. So are accepted jobs that no
        caller waits for: the next process reads their outcome. The safeguards have recorded the
        state of every canceled job before this returns.
        """
        self._draining = True
        if not self._tasks:
            return
        for running in [*self._by_id.values()]:
            if _may_be_canceled(running) and not running.log.closed and running.task is not None:
                running.task.cancel()
        timeout = max(0.0, grace - CANCEL_TIMEOUT)
        _, late = await asyncio.wait(self._tasks, timeout=timeout)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=CANCEL_TIMEOUT)

    def _start_task(self, running: RunningJob, execution: Execution) -> None:
        if self._draining:
            raise ShuttingDown
        running.task = asyncio.create_task(self._run(running, execution), name=running.job.id)
        self._tasks.add(running.task)
        running.task.add_done_callback(lambda task: self._on_done(running, task))

    async def _run(self, running: RunningJob, execution: Execution) -> None:
        try:
            async with aclosing(execution):
                async for event in execution:
                    self._emit(running, event)
        except ImageServiceError as error:
            self._fail(running, error)
        except asyncio.CancelledError:
            self._end(running)
            raise
        except Exception as error:  # noqa: BLE001 - the waiting callers must get every error
            incident = InternalError(uuid4().hex[:12])
            incident.__cause__ = error
            self._fail(running, incident)
        finally:
            self._unregister(running)

    def _fail(self, running: RunningJob, error: ImageServiceError) -> None:
        running.error = error
        self._emit(running, Failed.of(running.job.id, error, running.job.card))

    def _emit(self, running: RunningJob, event: ExecutionEvent) -> None:
        """Publish the event; append it, if it is a JobEvent and does not come after the end."""
        if isinstance(event, JobAccepted):
            running.is_accepted = True
            self._by_fingerprint.setdefault(running.job.fingerprint, running)
        if isinstance(event, FallbackStarted):
            running.fall_back(event.note)
            self._by_fingerprint.setdefault(running.job.shared_key, running)
        if running.joined_callers and isinstance(event, Finished):
            event = replace(event, joined_callers=running.joined_callers)
        if not (running.log.closed or isinstance(event, JobAccepted | FallbackStarted)):
            running.append(event)
        self._publish(running, event)

    def _publish(self, running: RunningJob, event: ServiceEvent) -> None:
        if not running.is_replay:
            with suppress(Exception):  # a sink that breaks its promise must not cost a paid image
                self._sink.publish(event)

    def _on_done(self, running: RunningJob, task: asyncio.Task[None]) -> None:
        self._end(running)  # a task that is canceled before its first step has emitted nothing
        self._tasks.discard(task)
        self._ended += 1
        if self._by_id.get(running.job.id) is running:
            del self._by_id[running.job.id]
            self._recent.add(RecentJob(running.job, running.milestones))
            asyncio.get_running_loop().call_later(RETENTION_SECONDS, self._recent.evict_expired)

    def _end(self, running: RunningJob) -> None:
        if not running.log.closed:
            self._fail(running, self._termination_error(running))

    def _unregister(self, running: RunningJob) -> None:
        for key in {running.shared_key, running.job.shared_key, running.job.fingerprint}:
            if self._by_fingerprint.get(key) is running:
                del self._by_fingerprint[key]

    def _termination_error(self, running: RunningJob) -> ImageServiceError:
        if running.is_accepted:
            return _interrupted(SHUT_DOWN if self._draining else EVERY_CLIENT_LEFT)
        if self._draining:
            if running.is_dispatched:
                return OutcomeUnknown(SHUT_DOWN)
            return ShuttingDown("The server shut down before the request was sent.")
        if running.is_dispatched:
            return OutcomeUnknown(EVERY_CLIENT_LEFT)
        return Canceled()


def _may_be_canceled(running: RunningJob) -> bool:
    """Whether the job can be canceled at once: nothing was sent, or the rest can be read later."""
    return not running.is_dispatched or (running.is_accepted and not running.waiting)


def _interrupted(message: str) -> OutcomeUnknown:
    error = OutcomeUnknown(message)
    error.hint = FETCHED_LATER
    return error
