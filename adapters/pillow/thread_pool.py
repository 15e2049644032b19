"""Threads for Pillow's work, which nobody has to wait for."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class PreviousRunActive(Exception):
    """Nobody waits any more for earlier work of this name, but it has not ended."""


class ThreadPool:
    """Does at most `most` pieces of work at once that somebody waits for, each in its own thread.

    No thread can be ended from outside. Whoever stops waiting gives the place back all the same,
    so that work that hangs holds up neither what comes later nor the end of the process. asyncio's
    own threads would do both: there are few, everybody shares them, and they are waited for.
    """

    def __init__(self, most: int) -> None:
        self._room = asyncio.Semaphore(most)
        self._left: set[str] = set()

    async def run(self, work: Callable[[], T], *, name: str = "") -> T:
        """What the work returns or raises.

        Raises StillAtWork for work of a name that was left and has not ended: begun anew each
        time that somebody asks, it would take one core after the other.
        """
        async with self._room:
            if name in self._left:
                raise PreviousRunActive(name)
            future: Future[T] = Future()
            Thread(target=_do, args=(work, future), name="pillow", daemon=True).start()
            try:
                return await asyncio.wrap_future(future)
            except asyncio.CancelledError:
                self._abandon(name, future)
                raise

    def _abandon(self, name: str, future: Future[T]) -> None:
        if name:
            self._left.add(name)
            future.add_done_callback(lambda _: self._left.discard(name))


def _do(work: Callable[[], T], future: Future[T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - whoever waits is told, as threads of asyncio do
        future.set_exception(error)
