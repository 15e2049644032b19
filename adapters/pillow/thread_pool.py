"""Threads for Pillow's work. A thread that hangs can be abandoned."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class PreviousRunActive(Exception):
    """Earlier work with this name was abandoned and is still running."""


class ThreadPool:
    """Runs at most `size` functions at once, each in a new thread; abandoned ones do not count.

    A thread cannot be stopped from outside. A caller that is canceled frees its slot at once, so a
    function that hangs blocks neither later ones nor the exit of the process. asyncio's own threads
    would block both: they are few and shared, and the process waits for them at its exit.
    """

    def __init__(self, size: int) -> None:
        self._slots = asyncio.Semaphore(size)
        self._abandoned: set[str] = set()

    async def run(self, work: Callable[[], T], *, name: str = "") -> T:
        """Run the work in a thread and return its result or raise its error.

        Raises PreviousRunActive if work with this name was abandoned and is still running. If each
        request started it again, it would soon occupy every core.
        """
        async with self._slots:
            if name in self._abandoned:
                raise PreviousRunActive(name)
            future: Future[T] = Future()
            Thread(target=_run_into, args=(work, future), name="pillow", daemon=True).start()
            try:
                return await asyncio.wrap_future(future)
            except asyncio.CancelledError:
                self._abandon(name, future)
                raise

    def _abandon(self, name: str, future: Future[T]) -> None:
        if name:
            self._abandoned.add(name)
            future.add_done_callback(lambda _: self._abandoned.discard(name))


def _run_into(work: Callable[[], T], future: Future[T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - the caller gets it, as with asyncio's own threads
        future.set_exception(error)
