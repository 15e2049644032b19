"""Everything specific to SQLite: opening, locking, upserts, and the schema version."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Insert, Table, create_engine, event
from sqlalchemy.dialects.sqlite import DATE, DATETIME, insert

from adapters.records.journal_mode import usable_journal

Processor = Callable[[Any], Any]


class LenientDateTime(DATETIME):
    """A DateTime column that returns unreadable values unchanged instead of raising an error."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        return _lenient(super().result_processor(dialect, coltype))


class LenientDate(DATE):
    """A Date column that returns unreadable values unchanged instead of raising an error."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor:
        return _lenient(super().result_processor(dialect, coltype))


def _lenient(process: Processor | None) -> Processor:
    assert process is not None, "SQLite has no type for times"

    def process_or_return(value: Any) -> Any:  # noqa: ANN401 - SQLite stores any value
        try:
            return process(value)
        except (TypeError, ValueError):
            return value

    return process_or_return


BUSY_TIMEOUT = 30
"""Seconds that a transaction waits while another process writes."""
READERS_SECONDS = 5.0
"""Seconds that emptying the log waits for other processes that read the database."""
OVERWRITING_DUE = 0x53435255
"""The application_id of a database whose deleted texts are not overwritten yet; else it is 0."""
_WRITING = {"begin": "BEGIN IMMEDIATE"}


def open_engine(path: Path, functions: Mapping[str, Callable[..., object]] = {}) -> Engine:
    """Return an engine for the database at `path`, which is created at the first connection.

    SQL can call these functions, by their names and with two arguments each.

    Its journal is `usable_journal`, with synchronous=FULL: what was committed survives a power cut.
    Raises OSError if the folder cannot be created.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    journal = usable_journal(path)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT})
    event.listen(engine, "connect", partial(_prepare, journal=journal, functions=functions))
    event.listen(engine, "begin", _begin)
    return engine


def for_writing(engine: Engine) -> Engine:
    """Return the same engine for transactions that write.

    Between their reads and their writes, no other transaction writes.
    """
    return engine.execution_options(**_WRITING)


@contextmanager
def without_waiting(connection: Connection, *, seconds: float = 0) -> Iterator[None]:
    """Inside the block, fail at once, or after `seconds`, while another process writes."""
    timeout = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {timeout}")


def upsert(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert the row, or update the one with the same primary key."""
    connection.execute(_upsert(table, tuple(row)), row)


def insert_or_touch(
    connection: Connection, table: Table, row: Mapping[str, Any], touched: tuple[str, ...]
) -> None:
    """Insert the row, or update only these columns of the one with the same primary key."""
    connection.execute(_upsert(table, touched), row)


@cache
def _upsert(table: Table, names: Collection[str]) -> Insert:
    """The statement for these columns: making it takes four times as long as running it."""
    statement = insert(table)
    values = {name: statement.excluded[name] for name in names}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)


def schema_version(connection: Connection) -> int:
    """Return the number that `set_schema_version` wrote last, 0 for a new database."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def set_schema_version(connection: Connection, version: int) -> None:
    """Write the number as part of the transaction."""
    connection.exec_driver_sql(f"PRAGMA user_version = {version}")


def require_overwriting(connection: Connection) -> None:
    """Note, as part of the transaction, that what it deletes must be overwritten in the files."""
    connection.exec_driver_sql(f"PRAGMA application_id = {OVERWRITING_DUE}")


def overwrite_deleted(engine: Engine) -> bool:
    """Overwrite what was deleted, if that is due; return whether nothing is left to do.

    SQLite leaves deleted rows in free space and in its log, and copies of rows that moved, so the
    database is written anew and the log emptied: about a second for each 100 MB
    (2.7 s for 308 MB on a 2-core machine). Returns false if another process reads for longer than
    READERS_SECONDS; it is due at the next call then. Raises sqlite3.Error.
    """
    pooled = engine.raw_connection()
    cursor = pooled.cursor()
    if cursor.execute("PRAGMA application_id").fetchone()[0] != OVERWRITING_DUE:
        pooled.close()
        return True
    try:
        cursor.execute(f"PRAGMA busy_timeout = {int(READERS_SECONDS * 1000)}")
        cursor.execute("VACUUM")
        busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            cursor.execute("PRAGMA application_id = 0")
        return not busy
    finally:
        pooled.invalidate()  # another timeout is for this alone


def column_names(connection: Connection, table: str) -> set[str]:
    """Return the names of the columns that the table has."""
    return {row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")}


def _prepare(
    connection: Any,  # noqa: ANN401 - the driver's own type
    _record: object,
    *,
    journal: str,
    functions: Mapping[str, Callable[..., object]],
) -> None:
    connection.text_factory = _text
    connection.isolation_level = None  # the driver begins too late: at the first write
    for name, function in functions.items():
        connection.create_function(name, 2, function, deterministic=True)
    connection.execute(f"PRAGMA journal_mode={journal}")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=ON")  # macOS, whose fsync does not reach the disk


def _text(data: bytes) -> str:
    """Decode text of the database. Invalid UTF-8 is replaced, so that the query does not fail."""
    return data.decode(errors="replace")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
