"""Jobs of processes that have ended, in memory."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from application.ports.job_repository import Outcome
from domain.job_records import JobRecord

from .job_tables import Row, Tables, closed


class AbandonedJobs:
    """The part of MemoryJobRepository that settles such jobs."""

    def __init__(self, tables: Tables, writer: str) -> None:
        self.tables = tables
        self._writer = writer

    @asynccontextmanager
    async def active_writers(self) -> AsyncIterator[Collection[str]]:
        writers = {row.writer for row in self.tables.rows.values()}
        yield (writers | {self._writer}) - self.tables.ended if writers else writers

    def end(self) -> None:
        """End the process that this instance stands for, as a kill does: its jobs stay open."""
        self.tables.ended.add(self._writer)

    async def close_abandoned(
        self, active: Collection[str], outcome: Outcome, /
    ) -> Sequence[JobRecord]:
        async with self.tables.writing:
            rows = [row for row in self._open() if row.writer not in active]
            ends = [(row, error) for row in rows if (error := outcome(row.record))]
            for row, error in ends:
                row.record = closed(row.record, error)
        return [row.record for row, _ in ends]

    async def accepted(self) -> Sequence[JobRecord]:
        records = [row.record for row in self._open() if row.record.handle is not None]
        return sorted(records, key=lambda record: (record.created_at, record.id), reverse=True)

    async def adopt(
        self, job_ids: Collection[str], active: Collection[str], /
    ) -> Sequence[JobRecord]:
        async with self.tables.writing:
            others = {*active} - {self._writer}
            rows = [row for row in self._open() if row.writer not in others]
            adopted = [row for row in rows if row.record.id in job_ids]
            for row in adopted:
                row.writer = self._writer
        return [row.record for row in adopted]

    def _open(self) -> list[Row]:
        return [row for row in self.tables.rows.values() if row.record.is_open]
