"""A data folder: its database, the processes that write to it, and threads for the work."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from adapters.records.job_table import JobTable
from adapters.records.process_leases import ProcessLease
from domain.errors import ArchiveUnavailable

T = TypeVar("T")


class Database:
    """The records in `folder`, opened at first use.

    All disk work runs in threads of its own, so that a slow disk delays nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "records.sqlite3"
        self._opening = Lock()
        self._lease: ProcessLease | None = None
        self._records: JobTable | None = None
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="records")
        self._leaving = ThreadPoolExecutor(1, thread_name_prefix="records-leaving")

    @property
    def has_records(self) -> bool:
        """Whether anything was ever recorded here."""
        return self._file.exists()

    def lease(self) -> ProcessLease:
        """Our process among those that write here, registered at the first call.

        For worker threads. Raises OSError.
        """
        with self._opening:
            if self._lease is None:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._lease = ProcessLease(self.folder / "writers")
            return self._lease

    def writer(self) -> str:
        """The ID of our process. For worker threads; raises OSError."""
        return self.lease().id

    def records(self) -> JobTable:
        """The records, opened, with every pending write that could be done by now.

        For worker threads. Raises SQLAlchemyError or OSError.
        """
        lease = self.lease()
        with self._opening:
            if self._records is None:
                self._records = JobTable(self._file, lease.id)
            records = self._records
        records.flush_pending()
        return records

    async def run_in_thread(self, work: Callable[[], T], trouble: str) -> T:
        """Return what `work` returns in a worker thread.

        What the disk or the database refuses becomes ArchiveUnavailable, with `trouble` as its
        message.
        """
        with _as_unavailable(trouble):
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @asynccontextmanager
    async def hold(self, context: AbstractContextManager[T], trouble: str) -> AsyncIterator[T]:
        """Enter a blocking context in a worker thread, and leave it in another.

        Leaving has a thread of its own, because all workers may be waiting for what is held. It is
        left even if the caller is canceled while entering or leaving. Errors as in `run_in_thread`.
        """
        entering = self._threads.submit(context.__enter__)
        try:
            with _as_unavailable(trouble):
                held = await asyncio.wrap_future(entering)
        except asyncio.CancelledError:
            entering.add_done_callback(lambda done: _leave_if_entered(context, done))
            raise
        try:
            yield held
        except BaseException as error:
            await self._leave(context, error, trouble)
            raise
        await self._leave(context, None, trouble)

    async def _leave(
        self, context: AbstractContextManager[T], error: BaseException | None, trouble: str
    ) -> None:
        leaving = self._leaving.submit(context.__exit__, *_exc_info(error))
        with _as_unavailable(trouble):
            await asyncio.shield(asyncio.wrap_future(leaving))

    async def close(self) -> None:
        """Close everything, once; raise ArchiveUnavailable when the disk refuses."""
        if self._lease is not None:
            await self.run_in_thread(self._close, "The records could not be closed")
        self._threads.shutdown(wait=False)
        self._leaving.shutdown(wait=False)

    def _close(self) -> None:
        with self._opening:
            if self._records is not None:
                self._records.close()
            if self._lease is not None:
                self._lease.close()
            self._records = self._lease = None


def _exc_info(
    error: BaseException | None,
) -> tuple[type[BaseException] | None, BaseException | None, TracebackType | None]:
    return (type(error), error, error.__traceback__) if error else (None, None, None)


@contextmanager
def _as_unavailable(trouble: str) -> Iterator[None]:
    try:
        yield
    except (OSError, SQLAlchemyError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ArchiveUnavailable(f"{trouble} ({reason}).") from error


def _leave_if_entered(context: AbstractContextManager[T], entering: "Future[T]") -> None:
    if not entering.cancelled() and entering.exception() is None:
        context.__exit__(*_exc_info(asyncio.CancelledError()))
