"""The records of jobs, in SQLite."""

from collections.abc import Collection, Sequence
from pathlib import Path

from sqlalchemy import ColumnElement, Engine, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from adapters.archive.rows import failure_values, job_row, now, picture_rows, record
from adapters.archive.tables import WRITING, jobs, opened, pictures
from domain.errors import Charged, StudioError
from domain.jobs import Job, JobState
from domain.records import JobRecord
from domain.requests import PictureRequest


class JobRecords:
    """One row a job and one a picture. Several processes may share the file.

    What a method has written survives a power cut. Every method raises
    sqlalchemy.exc.SQLAlchemyError or OSError when the database refuses.
    """

    def __init__(self, path: Path, writer: str) -> None:
        self.engine: Engine = opened(path)
        self._writing = self.engine.execution_options(**WRITING)
        self._writer = writer

    def write(self, job: Job[PictureRequest]) -> None:
        """Insert the job, or replace what was known of it."""
        row, kept = job_row(job, self._writer), picture_rows(job)
        with self._writing.begin() as connection:
            connection.execute(
                upsert(jobs).values(row).on_conflict_do_update(index_elements=["id"], set_=row)
            )
            if kept:
                connection.execute(delete(pictures).where(pictures.c.job_id == job.id))
                connection.execute(insert(pictures), kept)

    def places(self, picture_id: str, owner: str) -> list[Path]:
        """Where this owner's picture of this id is kept, newest first; empty if nowhere."""
        query = (
            select(pictures.c.place)
            .join(jobs, jobs.c.id == pictures.c.job_id)
            .where(pictures.c.picture_id == picture_id, pictures.c.owner == owner)
            .where(pictures.c.place.is_not(None))
            .order_by(jobs.c.created_at.desc())
        )
        with self.engine.connect() as connection:
            return [Path(place) for place in connection.scalars(query)]

    def find(self, *conditions: ColumnElement[bool], limit: int) -> Sequence[JobRecord]:
        """The jobs that meet all conditions on `jobs`, the newest first, `limit` at most."""
        wanted = select(jobs).where(*conditions).order_by(jobs.c.created_at.desc()).limit(limit)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
            its = select(pictures).where(pictures.c.job_id.in_([row.id for row in rows]))
            kept = connection.execute(its.order_by(pictures.c.position)).all()
        return [record(row, [each for each in kept if each.job_id == row.id]) for row in rows]

    def settle(self, state: JobState, living: Collection[str], end: StudioError) -> int:
        """End all jobs in this state that nobody who lives has written; return how many."""
        ended = JobState.FAILED if end.charged is Charged.NO else JobState.UNKNOWN
        abandoned = jobs.c.writer.is_(None) | jobs.c.writer.not_in(living)
        values = {"state": ended.value, "changed_at": now(), **failure_values(end)}
        change = update(jobs).where(jobs.c.state == state.value, abandoned).values(values)
        with self._writing.begin() as connection:
            return connection.execute(change).rowcount

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
