"""A data folder: its database, the lease of this process, and threads for disk access."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from adapters.records.failures import explain
from adapters.records.job_table import JobTable
from adapters.records.process_leases import ProcessLease
from domain.errors import ArchiveUnavailable

T = TypeVar("T")


class Database:
    """The records in `folder`, opened at first use.

    All disk access runs in threads of its own, so that a slow disk delays nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "records.sqlite3"
        self._opening = Lock()
        self._lease: ProcessLease | None = None
        self._records: JobTable | None = None
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="records")
        self._exit_thread = ThreadPoolExecutor(1, thread_name_prefix="records-exit")

    @property
    def has_records(self) -> bool:
        """Whether anything was ever recorded here."""
        return self._file.exists()

    def lease(self) -> ProcessLease:
        """The lease of this process, acquired at the first call.

        For worker threads. Raises OSError.
        """
        with self._opening:
            if self._lease is None:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._lease = ProcessLease(self.folder / "writers")
            return self._lease

    def writer(self) -> str:
        """The ID of this process as a writer. For worker threads; raises OSError."""
        return self.lease().id

    def records(self) -> JobTable:
        """Open the records if necessary, and write pending final states if possible.

        For worker threads. Raises SQLAlchemyError or OSError.
        """
        lease = self.lease()
        with self._opening:
            if self._records is None:
                self._records = JobTable(self._file, lease.id)
            records = self._records
        records.flush_pending()
        return records

    async def run_in_thread(self, work: Callable[[], T], message: str) -> T:
        """Call `work` in a worker thread and return its result.

        SQLAlchemyError and OSError become ArchiveUnavailable with this message, the reason, the
        file, and what to do.
        """
        with self._as_unavailable(message):
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @asynccontextmanager
    async def hold(self, context: AbstractContextManager[T], message: str) -> AsyncIterator[T]:
        """Enter a blocking context in a worker thread, and exit it in another.

        The exit has a thread of its own, because all workers may be waiting for the lock that the
        context holds. The context is exited even if the caller is canceled while entering or
        exiting. Errors as in `run_in_thread`.
        """
        entering = self._threads.submit(context.__enter__)
        try:
            with self._as_unavailable(message):
                value = await asyncio.wrap_future(entering)
        except asyncio.CancelledError:
            entering.add_done_callback(lambda done: _exit_if_entered(context, done))
            raise
        try:
            yield value
        except BaseException as error:
            await self._exit(context, error, message)
            raise
        await self._exit(context, None, message)

    async def _exit(
        self, context: AbstractContextManager[T], error: BaseException | None, message: str
    ) -> None:
        exiting = self._exit_thread.submit(context.__exit__, *_exc_info(error))
        with self._as_unavailable(message):
            await asyncio.shield(asyncio.wrap_future(exiting))

    @contextmanager
    def _as_unavailable(self, message: str) -> Iterator[None]:
        try:
            yield
        except (OSError, SQLAlchemyError) as error:
            reason, hint = explain(error, self._file)
            raise ArchiveUnavailable(f"{message} ({reason}).", hint=hint) from error

    async def close(self) -> None:
        """Close everything; a second call does nothing. Raises ArchiveUnavailable."""
        if self._lease is not None:
            await self.run_in_thread(self._close, "The records could not be closed")
        self._threads.shutdown(wait=False)
        self._exit_thread.shutdown(wait=False)

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


def _exit_if_entered(context: AbstractContextManager[T], entering: "Future[T]") -> None:
    if not entering.cancelled() and entering.exception() is None:
        context.__exit__(*_exc_info(asyncio.CancelledError()))
