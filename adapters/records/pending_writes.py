"""Final states of jobs that could not be written yet: the database is locked, or the disk full."""

from contextlib import nullcontext, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Self

from sqlalchemy import Connection, Engine, bindparam, delete, insert
from sqlalchemy.exc import OperationalError

from adapters.records.cleared_conversations import NO_NOTES, NO_TEXTS, is_cleared
from adapters.records.dialect import insert_or_touch, without_waiting
from adapters.records.row_mapping import REQUEST_COLUMNS, Values, image_rows, job_row
from adapters.records.schema import images, jobs
from adapters.records.turns import CLEARED, end_bound_turns
from domain.errors import Canceled
from domain.jobs import Job, JobState
from domain.requests import ImageRequest

DELETE_IMAGES = delete(images).where(images.c.job_id == bindparam("job"))
INSERT_IMAGES = insert(images)


@dataclass(frozen=True, slots=True)
class JobRows:
    """The rows of a job and of its images."""

    job: Values
    images: list[Values]

    @classmethod
    def of(cls, job: Job[ImageRequest], writer: str) -> Self:
        """The rows for the job's present state."""
        return cls(job_row(job, writer), image_rows(job))


def write_rows(connection: Connection, rows: JobRows) -> None:
    """Insert the rows, or replace the job's earlier ones; end the turns of a job that is stored.

    How the job was requested stays as it is: a process that adopts it does not know all of that. Of
    a job whose conversation was cleared, the texts are left out. Raises Canceled if it is only
    about to be sent.
    """
    job_id, state = rows.job["id"], rows.job["state"]
    is_accepted = rows.job["handle"] is not None  # an adopted job may not know its conversation
    may_be_cleared = is_accepted or rows.job["conversation"] is not None
    if may_be_cleared and is_cleared(connection, job_id):
        if state == JobState.DISPATCHED and not is_accepted:
            raise Canceled(CLEARED)
        rows = without_texts(rows)
    touched = tuple(name for name in rows.job if name not in REQUEST_COLUMNS)
    insert_or_touch(connection, jobs, rows.job, touched)
    if rows.images:
        connection.execute(DELETE_IMAGES, {"job": job_id})
        connection.execute(INSERT_IMAGES, rows.images)
    if state == JobState.STORED:
        end_bound_turns(connection, job_id, [row["image_id"] for row in rows.images])


def without_texts(rows: JobRows) -> JobRows:
    """The rows without what a conversation has said."""
    images = [{**row, "notes": NO_NOTES} for row in rows.images]
    return JobRows({**rows.job, **NO_TEXTS}, images)


class PendingWrites:
    """Keeps final states in memory until they can be written.

    They are few, because no job is sent while nothing can be written. Keys are not pending: they
    were bound when the job was reserved.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pending: dict[str, JobRows] = {}
        self._one_at_a_time = Lock()

    def add(self, rows: JobRows) -> None:
        """Write these rows, the final state of their job, later."""
        self._pending[rows.job["id"]] = rows

    def of(self, job_id: str) -> JobRows | None:
        """The final state of this job that is still to be written, if there is one."""
        return self._pending.get(job_id)

    def discard(self, job_id: str) -> None:
        """Forget the final state of this job, because it was written."""
        self._pending.pop(job_id, None)

    def write(self, *, waiting: bool) -> None:
        """Write everything that is pending; if that fails, it stays pending.

        While another process writes, it fails at once, or with `waiting` after BUSY_TIMEOUT.
        """
        if not self._pending:
            return
        with self._one_at_a_time, suppress(OperationalError):
            pending = dict(self._pending)
            self._write(pending, waiting=waiting)
            for job_id in pending:
                self.discard(job_id)

    def _write(self, pending: dict[str, JobRows], *, waiting: bool) -> None:
        with (
            self._engine.connect() as connection,
            nullcontext() if waiting else without_waiting(connection),
        ):
            for rows in pending.values():
                write_rows(connection, rows)
            connection.commit()
