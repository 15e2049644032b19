"""An index of the trigrams in prompts, for searches: SQLite's FTS5, where it has one.

It only narrows a search: a job is found if `contains_words` says so, with the index or without.
Nothing is indexed while a job runs. Each search first indexes jobs that were stored since the last
one, by this version or by another, so that no process has to know of the index to write a job.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy.exc import DBAPIError

from adapters.records.dialect import without_waiting
from adapters.records.schema import jobs
from domain.image_filters import folded
from domain.jobs import JobState

logger = logging.getLogger(__name__)

TRIGRAM = 3
"""Characters; a shorter word is not in the index."""
AT_ONCE = 2_000
"""Jobs that one search indexes; that takes about 0.2 s. It compares the prompts of all others."""
BEGINNING = datetime(2000, 1, 1)
SLOTS = 1 << 10
"""Rows of the index for each microsecond from BEGINNING on: until the year 2285 in 63 bits."""
LAST_ROW = (1 << 63) - 1

prompt_index = table("prompt_index", column("rowid"), column("prompt"))
NAME: ColumnElement[str] = literal_column("prompt_index")
CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS prompt_index USING fts5(prompt, content='', columnsize=0, "
    "detail='none', tokenize='trigram case_sensitive 1')"
)
"""Keeps no copy of the prompts, and not where a trigram is in one: it is about as large as they."""
IS_UNINDEXED = jobs.c.search_row.is_(None) & (jobs.c.state == JobState.STORED)
UNINDEXED = (
    select(jobs.c.id, jobs.c.created_at, jobs.c.prompt)
    .where(IS_UNINDEXED, jobs.c.conversation.is_(None))
    .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
    .limit(AT_ONCE)
)
"""Jobs of a conversation are left out: the index could not forget what is cleared."""
ADD = insert(prompt_index)
ASSIGN = (
    update(jobs)
    .where(jobs.c.id == bindparam("indexed_job"))
    .values(search_row=bindparam("indexed_row"))
)
"""Its parameters have names of no column: SQLAlchemy would write those as well."""


def trigrams(words: Sequence[str]) -> str:
    """An FTS5 query for all prompts with the trigrams of these words; empty if they have none."""
    found = (word[at : at + TRIGRAM] for word in words for at in range(len(word) - TRIGRAM + 1))
    return " ".join('"{}"'.format(each.replace('"', '""')) for each in dict.fromkeys(found))


def first_row(created_at: datetime) -> int:
    """The first of the rows for jobs of this moment: later moments have higher ones."""
    return (created_at - BEGINNING) // timedelta(microseconds=1) * SLOTS


def catch_up(connection: Connection) -> bool:
    """Index the newest AT_ONCE jobs that are not indexed; return whether there is an index.

    Does nothing while another process writes, and where the database cannot be written: a search
    compares the prompts that are not indexed.
    """
    try:
        waiting = connection.execute(UNINDEXED).all()
        if waiting:
            with without_waiting(connection):
                _add(connection, waiting)
                connection.commit()
    except DBAPIError as error:
        connection.rollback()
        return _has_index(connection, error)
    return True


def _has_index(connection: Connection, error: DBAPIError) -> bool:
    """Whether the index can be read, although it could not be written."""
    try:
        connection.execute(select(prompt_index.c.rowid).limit(1)).all()
    except DBAPIError:
        _report(str(connection.engine.url.database), str(error.orig))
        return False
    return True


@lru_cache(1_000)  # once for each reason
def _report(file: str, reason: str) -> None:
    logger.warning("searches in %s read all prompts, without an index: %s", file, reason)


def _add(connection: Connection, waiting: Sequence[Row[str, datetime, str]]) -> None:
    connection.exec_driver_sql(CREATE)
    rows = _free_rows(connection, {row.id: row.created_at for row in waiting})
    found = [
        (rows[row.id], row) for row in waiting if row.id in rows and isinstance(row.prompt, str)
    ]
    if found:
        added = [{"rowid": number, "prompt": folded(row.prompt)} for number, row in found]
        connection.execute(ADD, added)
        assigned = [{"indexed_job": row.id, "indexed_row": number} for number, row in found]
        connection.execute(ASSIGN, assigned)


def _free_rows(connection: Connection, times: dict[str, object]) -> dict[str, int]:
    """A row of the index for each job, in the order of their times, if one is free."""
    rows, used = dict[str, int](), set[int]()
    for job_id, at in times.items():
        if not isinstance(at, datetime):
            continue
        first = first_row(at)
        row = _next_free(connection, first, used)
        if abs(row) <= LAST_ROW and row < first + SLOTS:
            rows[job_id] = row
            used.add(row)
    return rows


LATEST_OF_MOMENT = select(func.max(jobs.c.search_row)).where(
    jobs.c.search_row.between(bindparam("first"), bindparam("last"))
)


def _next_free(connection: Connection, first: int, used: set[int]) -> int:
    if abs(first) > LAST_ROW - SLOTS:
        return first + SLOTS
    values = {"first": first, "last": first + SLOTS - 1}
    latest = connection.execute(LATEST_OF_MOMENT, values).scalar()
    row = first if latest is None else latest + 1
    while row in used:
        row += 1
    return row
