"""Ends of jobs that could not be written when they came: the database was locked, or full."""

from contextlib import nullcontext, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Self

from sqlalchemy import Connection, Engine, delete, insert
from sqlalchemy.exc import OperationalError

from adapters.records.dialect import upsert, without_waiting
from adapters.records.row_mapping import Values, image_rows, job_row
from adapters.records.schema import images, jobs
from domain.jobs import Job
from domain.requests import ImageRequest


@dataclass(frozen=True, slots=True)
class JobRows:
    """What is recorded of a job: its row and those of its pictures, without their bytes."""

    job: Values
    pictures: list[Values]

    @classmethod
    def of(cls, job: Job[ImageRequest], writer: str) -> Self:
        """As this writer knows the job at this moment."""
        return cls(job_row(job, writer), image_rows(job))


def replace(connection: Connection, rows: JobRows) -> None:
    """Insert the rows in place of those that the job has."""
    connection.execute(upsert(jobs, rows.job))
    if rows.pictures:
        connection.execute(delete(images).where(images.c.job_id == rows.job["id"]))
        connection.execute(insert(images), rows.pictures)


class PendingWrites:
    """Keeps ends in memory until they are written.

    They are few: while nothing can be written no other job is sent. Names of keys are not among
    them, for those are written with a job's first record.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: dict[str, JobRows] = {}
        self._one_at_a_time = Lock()

    def add(self, rows: JobRows) -> None:
        """Write these later; they are the last word on their job."""
        self._kept[rows.job["id"]] = rows

    def discard(self, job_id: str) -> None:
        """The end of this job has been written after all."""
        self._kept.pop(job_id, None)

    def write(self, *, waiting: bool) -> None:
        """Write all that are kept; they stay kept where the database refuses.

        While somebody else writes it refuses at once, or when `waiting` as late as for others.
        """
        if not self._kept:
            return
        with self._one_at_a_time, suppress(OperationalError):
            late = dict(self._kept)
            self._written(late, waiting=waiting)
            for job_id in late:
                self.discard(job_id)

    def _written(self, late: dict[str, JobRows], *, waiting: bool) -> None:
        with (
            self._engine.connect() as connection,
            nullcontext() if waiting else without_waiting(connection),
        ):
            for rows in late.values():
                replace(connection, rows)
            connection.commit()
