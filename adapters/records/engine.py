"""A data folder: its records, who writes them, and threads in which that is done."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from adapters.records.job_table import JobTable
from adapters.records.process_leases import ProcessLease
from domain.errors import ArchiveUnavailable

T = TypeVar("T")


class Database:
    """The records in `folder`, opened at first use.

    All disk work is done in threads of its own, so that a slow disk holds up nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "records.sqlite3"
        self._opening = Lock()
        self._writer: ProcessLease | None = None
        self._records: JobTable | None = None
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="archive")

    @property
    def has_records(self) -> bool:
        """Whether anything was ever recorded here."""
        return self._file.exists()

    def lease(self) -> ProcessLease:
        """Our own name here, taken at the first call. For worker threads."""
        with self._opening:
            if self._writer is None:
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._writer = ProcessLease(self.folder / "writers")
            return self._writer

    def records(self) -> JobTable:
        """The records, open, with all ends that could be written by now. For worker threads."""
        writer = self.lease()
        with self._opening:
            if self._records is None:
                self._records = JobTable(self._file, writer.id)
            records = self._records
        records.flush_pending()
        return records

    async def run_in_thread(self, work: Callable[[], T], trouble: str) -> T:
        """Do it in a worker thread; what the disk or the database refuses is ArchiveUnavailable."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except (OSError, SQLAlchemyError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise ArchiveUnavailable(f"{trouble} ({reason}).") from error

    async def close(self) -> None:
        """Let go of everything, once; raise ArchiveUnavailable when the disk refuses."""
        if self._writer is not None:
            await self.run_in_thread(self._close, "The records could not be closed")
        self._threads.shutdown(wait=False)

    def _close(self) -> None:
        with self._opening:
            if self._records is not None:
                self._records.close()
            if self._writer is not None:
                self._writer.close()
            self._records = self._writer = None
