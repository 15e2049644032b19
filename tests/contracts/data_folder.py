"""The stores of one data folder in a process, wired as the container wires them."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from adapters.image_store.files import FileImageStore
from adapters.records.engine import Database
from adapters.records.job_repository import SqlJobRepository
from adapters.records.usage_ledger import SqlUsageLedger
from application.image_library import ImageLibrary
from application.ports.clock import SystemClock
from application.use_cases.recover_jobs import RecoverJobs
from domain.job_records import JobRecord


class DataFolder:
    """Image store, records and ledger below `home`. A second instance simulates another process."""

    def __init__(self, home: Path, *, images: str = "images") -> None:
        self.home = home
        self.data = home / "data"
        self.folder = home / images
        self.file = self.data / "records.sqlite3"
        self.database = Database(self.data)
        self.images = FileImageStore(
            self.folder,
            fallback=self.data / "rescued",
            quarantine=self.data / "quarantine",
            writer=self.database.writer,
        )
        self.records = SqlJobRepository(self.database)
        self.ledger = SqlUsageLedger(self.database)
        self.library = ImageLibrary(self.images, self.records)
        self.recover = RecoverJobs(self.records, self.images, SystemClock())

    async def record(self, job_id: str = "job_1") -> JobRecord:
        """The record of a job, which must exist."""
        record = await self.records.get(job_id, owner="local")
        assert record is not None
        return record

    def sql(self, statement: str, *values: object) -> list[Any]:
        """Run a statement without the adapter."""
        with closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
            return connection.execute(statement, values).fetchall()

    async def close(self) -> None:
        """Close everything, as a process that exits normally."""
        self.images.close()
        await self.database.close()
