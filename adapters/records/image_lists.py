"""Lists of the images of an owner, in SQL: all of them, or those that a filter matches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice

from sqlalchemy import ColumnElement, Connection, exists, literal, select, tuple_, update
from sqlalchemy.exc import DatabaseError

from adapters.records.dialect import LenientDateTime
from adapters.records.exact_sums import models
from adapters.records.job_table import NEWEST_FIRST, JobTable, find_jobs, read_jobs
from adapters.records.prompt_index import (
    IS_UNINDEXED,
    NAME,
    SLOTS,
    catch_up,
    first_row,
    prompt_index,
    trigrams,
)
from adapters.records.prompt_matching import contains_words
from adapters.records.row_mapping import to_utc_naive
from adapters.records.schema import images, jobs
from domain.image_filters import EVERY_IMAGE, ImageFilter
from domain.job_records import JobPosition, JobRecord
from domain.jobs import JobState

LONGEST_JOB = timedelta(days=2)
"""A job that was stored at a time was created less than that before it, its wait included."""
HAS_IMAGES = exists().where(images.c.job_id == jobs.c.id)
IS_STORED = jobs.c.state == JobState.STORED


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """The parameters of `JobRepository.recent`."""

    owner: str
    limit: int
    start: JobPosition | None = None
    matching: ImageFilter = EVERY_IMAGE


def jobs_with_images(records: JobTable, page: JobPage) -> list[JobRecord]:
    """The newest jobs of the page, the newest first; read in the order of an index."""
    with records.engine.connect() as connection:
        if page.matching.words:
            return _search(connection, page)
        return _scan(connection, page)


def last_delivered(records: JobTable, owner: str, limit: int) -> list[JobRecord]:
    """The owner's jobs whose images were given to a caller last.

    Each is among the newest or among those that were repeated last; both are read from an index.
    """
    is_listed = (IS_STORED, HAS_IMAGES)
    is_repeated = (jobs.c.owner == owner, jobs.c.repeated_at.is_not(None))
    by_repeat = select(jobs).where(*is_repeated, *is_listed).order_by(jobs.c.repeated_at.desc())
    with records.engine.connect() as connection:
        newest = find_jobs(connection, jobs.c.owner == owner, *is_listed, limit=limit)
        repeated = read_jobs(connection, by_repeat, limit=limit)
    found = {each.id: each for each in (*newest, *repeated)}.values()
    return sorted(found, key=lambda each: (each.last_delivered_at, *_position(each)), reverse=True)[
        :limit
    ]


def note_deliveries(records: JobTable, given: Mapping[str, datetime]) -> None:
    """Record when the images of these jobs were given again; of two times, the later one."""
    with records.writing.begin() as connection:
        for job_id, moment in given.items():
            at = to_utc_naive(moment)
            is_later = jobs.c.repeated_at.is_(None) | (jobs.c.repeated_at < _moment(moment))
            same = jobs.c.id == job_id
            connection.execute(update(jobs).where(same, is_later).values(repeated_at=at))


def _scan(connection: Connection, page: JobPage, *more: ColumnElement[bool]) -> list[JobRecord]:
    """The page from the index of the owner's jobs; from that of each model, if one is wanted."""
    conditions = (jobs.c.owner == page.owner, IS_STORED, *_conditions(page), *more)
    if not page.matching.model:
        return find_jobs(connection, *conditions, limit=page.limit)
    of_models = [
        find_jobs(connection, *conditions, jobs.c.model == name, limit=page.limit)
        for name in _names(connection, page.matching)
    ]
    return _newest(of_models, page.limit)


def _search(connection: Connection, page: JobPage) -> list[JobRecord]:
    """The page of a search.

    A word without a trigram, and a database without an index, make it compare all prompts.
    """
    has_words, query = contains_words(page.matching.words), trigrams(page.matching.words)
    if not query or not catch_up(connection):
        return _scan(connection, page, has_words)
    try:
        indexed = _indexed(connection, page, query, has_words)
    except DatabaseError:  # no job was ever stored, or the index is damaged
        return _scan(connection, page, has_words)
    rest = find_jobs(
        connection, IS_UNINDEXED, has_words, *_hidden(connection, page), limit=page.limit
    )
    return _newest([indexed, rest], page.limit)


def _indexed(
    connection: Connection, page: JobPage, query: str, *more: ColumnElement[bool]
) -> list[JobRecord]:
    """The page from the index of prompts, whose rows have the order of the jobs' times."""
    conditions = [NAME.op("MATCH")(query), *more, *_hidden(connection, page)]
    if page.start is not None:
        end = first_row(to_utc_naive(page.start.created_at)) + SLOTS
        conditions.append(prompt_index.c.rowid < end)
    joined = prompt_index.join(jobs, jobs.c.search_row == prompt_index.c.rowid)
    found = select(jobs).select_from(joined).where(*conditions)
    ordered = found.order_by(prompt_index.c.rowid.desc())
    rows = read_jobs(connection, ordered, limit=page.limit + 1)
    if len(rows) > page.limit and rows[-1].created_at == rows[-2].created_at:
        # within one moment, rows have no order: all of them decide who is on the page
        first = first_row(to_utc_naive(rows[-1].created_at))
        of_moment = prompt_index.c.rowid.between(first, first + SLOTS - 1)
        tied = read_jobs(connection, found.where(of_moment).order_by(*NEWEST_FIRST))
        rows = [row for row in rows if row.created_at != rows[-1].created_at] + tied
    return sorted(rows, key=_position, reverse=True)[: page.limit]


def _hidden(connection: Connection, page: JobPage) -> list[ColumnElement[bool]]:
    """All conditions of the page on `jobs`, for a query that reads few jobs by another index.

    Expressions hide the indexes of owners and models from the database, which would read every job
    of the owner.
    """
    conditions = [
        jobs.c.owner.concat("") == page.owner,
        jobs.c.state.concat("") == JobState.STORED.value,
        *_conditions(page),
    ]
    if page.matching.model:
        conditions.append(jobs.c.model.concat("").in_(_names(connection, page.matching)))
    return conditions


def _conditions(page: JobPage) -> list[ColumnElement[bool]]:
    matching = page.matching
    conditions: list[ColumnElement[bool]] = [HAS_IMAGES]
    if page.start is not None:
        created_at = _moment(page.start.created_at)
        position = tuple_(jobs.c.created_at, jobs.c.id)
        conditions.append(position <= tuple_(created_at, page.start.id))
    if matching.since is not None:
        earliest = matching.since - LONGEST_JOB
        conditions += [
            jobs.c.created_at >= _moment(earliest),
            jobs.c.changed_at >= _moment(matching.since),
        ]
    if matching.before is not None:
        before = _moment(matching.before)
        conditions += [jobs.c.created_at < before, jobs.c.changed_at < before]
    return conditions


def _names(connection: Connection, matching: ImageFilter) -> list[str]:
    """The recorded names of the wanted model and of its snapshots."""
    recorded = (name for name in models(connection) if isinstance(name, str))
    return [name for name in recorded if matching.has_model(name)]


def _newest(lists: Iterable[list[JobRecord]], limit: int) -> list[JobRecord]:
    return [*islice(merge(*lists, key=_position, reverse=True), limit)]


def _position(record: JobRecord) -> JobPosition:
    return JobPosition(record.created_at, record.id)


def _moment(moment: datetime) -> ColumnElement[datetime]:
    return literal(to_utc_naive(moment), LenientDateTime)
