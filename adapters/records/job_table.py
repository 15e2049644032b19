"""The records of jobs, in SQLite."""

from collections.abc import Collection, Sequence
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Engine, select, update
from sqlalchemy.exc import OperationalError

from adapters.records.dialect import for_writing, open_engine, upsert
from adapters.records.migrations import migrate
from adapters.records.pending_writes import JobRows, PendingWrites, replace
from adapters.records.row_mapping import failure_values, now, to_record
from adapters.records.schema import images, jobs, request_keys
from application.ports.job_repository import RETRY_AFTER_SECONDS
from domain.errors import Busy, ChargeStatus, ImageServiceError, KeyReused
from domain.job_records import JobRecord
from domain.jobs import IdempotencyKey, Job, JobState
from domain.requests import ImageRequest


class JobTable:
    """One row a job and one a picture. Several processes may share the file.

    What a method has written survives a power cut. Every method raises
    sqlalchemy.exc.SQLAlchemyError or OSError when the database refuses.
    """

    def __init__(self, path: Path, writer: str) -> None:
        self.engine: Engine = open_engine(path)
        self.writing = for_writing(self.engine)
        with self.writing.begin() as connection:
            migrate(connection)
        path.chmod(0o600)
        self._writer = writer
        self._late = PendingWrites(self.engine)

    def write(self, job: Job[ImageRequest]) -> None:
        """Insert the job, or replace what was known of it.

        An end that cannot be written now is kept, and written by `catch_up` or at the close.
        """
        rows = JobRows.of(job, self._writer)
        try:
            with self.writing.begin() as connection:
                _put(connection, rows, job)
        except OperationalError:
            if job.is_final:
                self._late.add(rows)
            raise
        self._late.discard(job.id)

    def put(self, connection: Connection, job: Job[ImageRequest]) -> None:
        """The same within a transaction; raise Busy where the job's key means another one."""
        _put(connection, JobRows.of(job, self._writer), job)

    def flush_pending(self) -> None:
        """Write the ends that could not be written, unless somebody holds that up just now."""
        self._late.write(waiting=False)

    def bind_key(self, owner: str, key: IdempotencyKey, job_id: str) -> None:
        """From now on this owner's key means this job, unless it means another one already."""
        with self.writing.begin() as connection:
            _bind_key(connection, owner, key, job_id)

    def find_by_key(self, owner: str, key: IdempotencyKey) -> Sequence[JobRecord]:
        """The job that this owner's key means, if it was ever recorded; raise KeyReused."""
        its = select(request_keys).where(
            request_keys.c.owner == owner, request_keys.c.request_key == key.value
        )
        with self.engine.connect() as connection:
            row = connection.execute(its).one_or_none()
        if row is None:
            return []
        if row.request_digest != key.request_digest:
            raise KeyReused(key.value)
        return self.find(jobs.c.owner == owner, jobs.c.id == row.job_id, limit=1)

    def locations(self, picture_id: str, owner: str) -> list[Path]:
        """Where this owner's picture of this id is kept, newest first; empty if nowhere."""
        query = (
            select(images.c.ref)
            .join(jobs, jobs.c.id == images.c.job_id)
            .where(images.c.image_id == picture_id, images.c.owner == owner)
            .where(images.c.ref.is_not(None))
            .order_by(jobs.c.created_at.desc())
        )
        with self.engine.connect() as connection:
            return [Path(place) for place in connection.scalars(query)]

    def find(self, *conditions: ColumnElement[bool], limit: int) -> Sequence[JobRecord]:
        """The jobs that meet all conditions on `jobs`, the newest first, `limit` at most."""
        wanted = select(jobs).where(*conditions).order_by(jobs.c.created_at.desc()).limit(limit)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
            its = select(images).where(images.c.job_id.in_([row.id for row in rows]))
            kept = connection.execute(its.order_by(images.c.position)).all()
        return [to_record(row, [each for each in kept if each.job_id == row.id]) for row in rows]

    def close_abandoned(
        self, state: JobState, living: Collection[str], end: ImageServiceError
    ) -> int:
        """End all jobs in this state that nobody who lives has written; return how many."""
        ended = JobState.FAILED if end.charged is ChargeStatus.NO else JobState.UNKNOWN
        abandoned = jobs.c.writer.is_(None) | jobs.c.writer.not_in(living)
        values = {"state": ended.value, "changed_at": now(), **failure_values(end)}
        change = update(jobs).where(jobs.c.state == state.value, abandoned).values(values)
        with self.writing.begin() as connection:
            return connection.execute(change).rowcount

    def close(self) -> None:
        """Write the ends that could not be written, if that can be done, and let go of the file."""
        self._late.write(waiting=True)
        self.engine.dispose()


def _put(connection: Connection, rows: JobRows, job: Job[ImageRequest]) -> None:
    replace(connection, rows)
    if job.key is not None and not _bind_key(connection, job.owner, job.key, job.id):
        raise Busy("Another process has just begun this request.", retry_after=RETRY_AFTER_SECONDS)


def _bind_key(connection: Connection, owner: str, key: IdempotencyKey, job_id: str) -> bool:
    """Let the key mean the job; False where it means another one that may not be tried again."""
    its = (request_keys.c.owner == owner) & (request_keys.c.request_key == key.value)
    free = (
        (jobs.c.state == JobState.FAILED) & (jobs.c.charged == ChargeStatus.NO) & jobs.c.retryable
    )
    other = select(jobs.c.id).join(request_keys, request_keys.c.job_id == jobs.c.id)
    if connection.scalar(other.where(its, jobs.c.id != job_id, ~free)) is not None:
        return False
    row = {
        "owner": owner,
        "request_key": key.value,
        "request_digest": key.request_digest,
        "job_id": job_id,
    }
    connection.execute(upsert(request_keys, row))
    return True
