"""How long stored jobs took."""

from datetime import datetime, timedelta

from sqlalchemy import select

from adapters.records.job_table import JobTable
from adapters.records.row_mapping import to_utc_naive
from adapters.records.schema import jobs
from domain.jobs import JobState
from domain.money.estimates import CallKind


def durations(records: JobTable, kind: CallKind, since: datetime, limit: int) -> list[timedelta]:
    """The durations of the newest stored jobs of this kind; times that are none are left out."""
    query = (
        select(jobs.c.created_at, jobs.c.changed_at)
        .where(*(jobs.c[name] == value for name, value in kind._asdict().items()))
        .where(jobs.c.created_at > to_utc_naive(since), jobs.c.state == JobState.STORED)
        .order_by(jobs.c.created_at.desc())
        .limit(limit)
    )
    with records.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [end - begin for begin, end in rows if _are_times(begin, end)]


def _are_times(*values: object) -> bool:
    return all(isinstance(value, datetime) for value in values)
