"""Runs Pillow in worker processes, which can be killed at any time without harm."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import TypeVar

from adapters.pillow.frames import Facts, Message
from adapters.pillow.worker_process import IDLE, Worker

T = TypeVar("T")


class Refused(Exception):
    """The work cannot be done; the text is the reason, for people, `hint` what to do, if known."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.hint = hint


class WorkFailed(Exception):
    """The work failed, mostly because the image is damaged; the text is the error's name."""


class WorkerLost(Exception):
    """The worker ended during the work, because of a crash or a limit."""


class WorkerPool:
    """Runs at most `size` pieces of work at once, each in a process that is reused afterwards.

    A canceled caller's process is killed and its slot is free at once, so abandoned work costs
    nothing. No process is started before it is needed, except one by `prepare`.
    """

    def __init__(self, size: int) -> None:
        self._slots = asyncio.Semaphore(size)

    def prepare(self) -> None:
        """Start one process, unless one is idle, so that the first work does not wait for it.

        May be called from any thread. Raises OSError if no process can be started.
        """
        IDLE.prepare()

    async def run(self, job: str, data: bytes, options: Facts | None = None) -> Message:
        """Let a worker do the job, one of `worker.JOBS`, and return its reply.

        Raises Refused, WorkFailed, WorkerLost, and OSError if no process can be started.
        """
        async with self._slots:
            call = _Call({**(options or {}), "job": job}, data)
            try:
                facts, result = await _in_thread(call.run)
            except asyncio.CancelledError:
                call.cancel()
                raise
        if "refused" in facts:
            hint = facts.get("hint")
            raise Refused(str(facts["refused"]), None if hint is None else str(hint))
        if "failed" in facts:
            raise WorkFailed(facts["failed"])
        return facts, result


class _Call:
    """One exchange with a worker, which `cancel` ends from another thread."""

    def __init__(self, request: Facts, data: bytes) -> None:
        self._request = request
        self._data = data
        self._lock = Lock()
        self._worker: Worker | None = None
        self._canceled = False

    def run(self) -> Message:
        """Use an idle worker or, if none is alive, a new one."""
        while idle := IDLE.take():
            reply = self._exchange(idle)
            if reply is not None:
                return reply
        reply = self._exchange(Worker())
        if reply is None:
            raise WorkerLost
        return reply

    def cancel(self) -> None:
        with self._lock:
            self._canceled = True
            if self._worker is not None:
                self._worker.kill()

    def _exchange(self, worker: Worker) -> Message | None:
        """Return the reply; None if the worker had already ended because it was idle."""
        with self._lock:
            self._worker = worker
            if self._canceled:
                worker.kill()
        try:
            reply = worker.exchange(self._request, self._data)
        except (OSError, EOFError, ValueError) as error:
            with self._lock:
                self._worker = None
            if worker.close() == 0:
                return None
            raise WorkerLost from error
        with self._lock:
            self._worker = None
            canceled = self._canceled
        worker.close() if canceled else IDLE.put(worker)
        return reply


async def _in_thread(work: Callable[[], T]) -> T:
    """Run the work in a thread of its own: asyncio's threads are few, and shared."""
    future: Future[T] = Future()
    Thread(target=_run_into, args=(work, future), name="pillow", daemon=True).start()
    return await asyncio.wrap_future(future)


def _run_into(work: Callable[[], T], future: Future[T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - the future passes it to the caller
        future.set_exception(error)
