"""The records of jobs and idempotency keys, in SQL."""

import logging
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, select, update
from sqlalchemy.exc import OperationalError

from adapters.records.dialect import for_writing, open_engine, overwrite_deleted, upsert
from adapters.records.migrations import is_current, migrate
from adapters.records.pending_writes import JobRows, PendingWrites, write_rows
from adapters.records.prompt_matching import SEARCH_FUNCTIONS
from adapters.records.readable_rows import readable
from adapters.records.row_mapping import failure_values, to_record, to_stored_image, utc_now
from adapters.records.schema import images, jobs, request_keys
from adapters.records.spending_totals import RecordedSpending
from adapters.records.turns import bind_turn
from adapters.records.write_probe import probe_writing
from application.ports.job_repository import (
    AlreadyRunning,
    BoundKey,
    BudgetCheck,
    MayReplace,
    Outcome,
    Reserved,
)
from domain.errors import ArchiveUnavailable, ChargeStatus, ImageServiceError, RecordedFailure
from domain.job_records import JobRecord, StoredImage
from domain.jobs import OPEN_STATES, IdempotencyKey, Job, JobState, final_state, new_job_id
from domain.money.spending import SpendingEntries
from domain.requests import ImageRequest

IS_OPEN = jobs.c.state.in_(OPEN_STATES)
NEWEST_FIRST = (jobs.c.created_at.desc(), jobs.c.id.desc())
logger = logging.getLogger(__name__)


class JobTable:
    """One row for each job and one for each image. Several processes may share the database.

    What a method has written survives a power cut. Every method raises
    sqlalchemy.exc.SQLAlchemyError or OSError if the database cannot be read or written.
    """

    def __init__(self, path: Path, writer: str) -> None:
        self.engine: Engine = open_engine(path, SEARCH_FUNCTIONS)
        self.writing = for_writing(self.engine)
        self._folder = path.parent
        self._writer = writer
        self._pending = PendingWrites(self.engine)
        with self.engine.connect() as connection:
            current = is_current(connection)
        if not current:  # waits while another process writes
            with self.writing.begin() as connection:
                migrate(connection)
        path.chmod(0o600)
        self.overwrite_deleted()

    def reserve(
        self,
        job: Job[ImageRequest],
        since: datetime | None,
        check: BudgetCheck,
        may_replace: MayReplace,
    ) -> Reserved | AlreadyRunning:
        """Record a new job and bind its key, as `JobRepository.reserve` promises."""
        with self.writing.begin() as connection:  # until it ends, no other transaction writes
            check(RecordedSpending(connection, since) if since else SpendingEntries())
            if job.key is not None:
                bound_to = bind_key(connection, job.owner, job.key, job.id, may_replace)
                if bound_to != job.id:
                    return AlreadyRunning(bound_to)
            if (unwritten := self._pending.of(job.id)) is not None:
                write_rows(connection, unwritten)
            _set_aside(connection, job.id)
            if job.turn is not None:
                context = job.request.context
                bind_turn(connection, job.turn, job.id, context=context.numbers if context else ())
            write_rows(connection, JobRows.of(job, self._writer))
        self._pending.discard(job.id)
        return Reserved()

    def write(self, job: Job[ImageRequest]) -> None:
        """Insert the job, or replace its last state.

        A final state that cannot be written now is pending, and is written by `flush_pending` or
        `close`.
        """
        rows = JobRows.of(job, self._writer)
        try:
            with self.writing.begin() as connection:
                write_rows(connection, rows)
        except OperationalError:
            if job.is_final:
                self._pending.add(rows)
            raise
        self._pending.discard(job.id)

    def flush_pending(self) -> None:
        """Write pending final states, unless another process is writing."""
        self._pending.write(waiting=False)

    def bind_key(
        self, owner: str, key: IdempotencyKey, job_id: str, may_replace: MayReplace
    ) -> None:
        """Bind the owner's key to this job, unless its current job may not be replaced."""
        with self.writing.begin() as connection:
            bind_key(connection, owner, key, job_id, may_replace)

    def by_key(self, owner: str, key: str) -> BoundKey | None:
        """The job that this owner's key is bound to."""
        with self.engine.connect() as connection:
            return bound_key(connection, owner, key)

    def find(self, *conditions: ColumnElement[bool], limit: int) -> Sequence[JobRecord]:
        """The jobs that meet all conditions on `jobs`, the newest first, at most `limit`."""
        with self.engine.connect() as connection:
            return find_jobs(connection, *conditions, limit=limit)

    def get(self, owner: str, job_id: str) -> JobRecord | None:
        """The owner's job; raise ArchiveUnavailable if its row cannot be read."""
        with self.engine.connect() as connection:
            return find_job(connection, jobs.c.owner == owner, jobs.c.id == job_id)

    def dismiss(self, owner: str, job_ids: Collection[str]) -> None:
        """Mark the owner's jobs as dismissed."""
        mine = (jobs.c.owner == owner) & jobs.c.id.in_(job_ids)
        with self.writing.begin() as connection:
            connection.execute(update(jobs).where(mine).values(dismissed=1))

    def check_writable(self) -> None:
        """Return if a job could be recorded now."""
        probe_writing(self.engine, self._folder)

    def overwrite_deleted(self) -> bool:
        """Overwrite texts that were cleared, if that is due; return whether nothing is left to do.

        If it fails, it is due at the next opening.
        """
        try:
            return overwrite_deleted(self.engine)
        except sqlite3.Error as error:
            logger.warning("Cleared texts could not be overwritten yet: %s", error)
            return False

    def close_abandoned(self, active: Collection[str], outcome: Outcome) -> Sequence[JobRecord]:
        """End open jobs whose writer is not `active`, as `outcome` says."""
        with self.writing.begin() as connection:
            found = find_jobs(connection, IS_OPEN, _is_abandoned(active))
            ends = ((record, outcome(record)) for record in found)
            return [_close(connection, record, error) for record, error in ends if error]

    def accepted(self) -> Sequence[JobRecord]:
        """The open jobs that have a handle."""
        with self.engine.connect() as connection:
            return find_jobs(connection, IS_OPEN, jobs.c.handle.is_not(None))

    def adopt(self, job_ids: Collection[str], active: Collection[str]) -> Sequence[JobRecord]:
        """Become the writer of these open jobs, unless they have another one that is `active`."""
        free = _is_abandoned(active) | (jobs.c.writer == self._writer)
        chosen = jobs.c.id.in_(job_ids)
        with self.writing.begin() as connection:
            found = find_jobs(connection, IS_OPEN, chosen, free)
            mine = jobs.c.id.in_([record.id for record in found])
            connection.execute(update(jobs).where(mine).values(writer=self._writer))
        return found

    def close(self) -> None:
        """Write pending final states, if possible, and close the database."""
        self._pending.write(waiting=True)
        self.engine.dispose()


def find_jobs(
    connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[JobRecord]:
    """The jobs that meet all conditions on `jobs`, the newest first."""
    query = select(jobs).where(*conditions)
    return read_jobs(connection, query.order_by(*NEWEST_FIRST), limit=limit)


def read_jobs(
    connection: Connection, query: Select[Any], *, limit: int | None = None
) -> list[JobRecord]:
    """The first jobs of a query for rows of `jobs`; rows that cannot be read do not count."""
    found: list[JobRecord] = []
    offset, missing = 0, limit
    while missing != 0:
        rows = connection.execute(query.limit(missing).offset(offset)).all()
        found += _records(connection, rows)
        if limit is None or len(rows) < (missing or 0):
            break
        offset, missing = offset + len(rows), limit - len(found)
    return found


def find_job(connection: Connection, *conditions: ColumnElement[bool]) -> JobRecord | None:
    """The one job that meets all conditions on `jobs`.

    Raises ArchiveUnavailable if its row cannot be read: if it returned None, the caller would send
    the job again and pay twice.
    """
    rows = connection.execute(select(jobs).where(*conditions)).all()
    records = _records(connection, rows)
    if rows and not records:
        raise ArchiveUnavailable(
            f"The record of {rows[0].id!s:.80} in {connection.engine.url.database} cannot be read.",
            hint="A newer version of the server may have written it: use that version.",
        )
    return records[0] if records else None


def _records(connection: Connection, rows: Sequence[Row[Any]]) -> list[JobRecord]:
    """The records of the readable rows, with their readable images."""
    of_jobs = select(images).where(images.c.job_id.in_([row.id for row in rows]))
    found = connection.execute(of_jobs.order_by(images.c.position)).all()
    stored: dict[str, list[StoredImage]] = {}
    for job_id, image in readable(
        connection, images, found, lambda row: (row.job_id, to_stored_image(row))
    ):
        stored.setdefault(job_id, []).append(image)
    return [*readable(connection, jobs, rows, lambda row: to_record(row, stored.get(row.id, [])))]


def bound_key(connection: Connection, owner: str, key: str) -> BoundKey | None:
    """The job that this owner's key is bound to."""
    query = select(request_keys).where(
        request_keys.c.owner == owner, request_keys.c.request_key == key
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    record = find_job(connection, jobs.c.id == row.job_id)
    return BoundKey(IdempotencyKey(key, row.request_digest), record) if record else None


def bind_key(
    connection: Connection, owner: str, key: IdempotencyKey, job_id: str, may_replace: MayReplace
) -> str:
    """Bind the key to this job, unless its current job may not be replaced; return its job's ID."""
    bound = bound_key(connection, owner, key.value)
    if bound is not None and bound.record.id != job_id and not may_replace(bound.record):
        return bound.record.id
    row = {"owner": owner, "request_key": key.value, "job_id": job_id}
    upsert(connection, request_keys, {**row, "request_digest": key.request_digest})
    return job_id


def _is_abandoned(active: Collection[str]) -> ColumnElement[bool]:
    return jobs.c.writer.is_(None) | jobs.c.writer.not_in(active)


def _set_aside(connection: Connection, job_id: str) -> None:
    """Give the record of a job that failed without a charge a new ID."""
    failed = (jobs.c.id == job_id) & (jobs.c.state == JobState.FAILED)
    uncharged = jobs.c.charged == ChargeStatus.NO
    connection.execute(update(jobs).where(failed, uncharged).values(id=new_job_id()))


def _close(connection: Connection, record: JobRecord, error: ImageServiceError) -> JobRecord:
    closed = replace(
        record,
        state=final_state(error),
        failure=RecordedFailure.of(error),
        charged=error.charged,
    )
    values = {"state": closed.state.value, "changed_at": utc_now(), **failure_values(error)}
    connection.execute(update(jobs).where(jobs.c.id == record.id).values(values))
    return closed
