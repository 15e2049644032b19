"""The tables of records, and how a database gets them."""

from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    inspect,
)
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

BUSY_TIMEOUT = 30

tables = MetaData()
jobs = Table(
    "jobs",
    tables,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False, index=True),
    Column("provider", String, nullable=False),
    Column("action", String, nullable=False),
    Column("model", String, nullable=False),
    Column("asked_model", String, nullable=False),
    Column("prompt", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("failure", String),
    Column("request_id", String),
    Column("text_tokens_in", Integer),
    Column("image_tokens_in", Integer),
    Column("tokens_out", Integer),
    Column("cached_text_tokens_in", Integer, nullable=False, server_default="0"),
    Column("cached_image_tokens_in", Integer, nullable=False, server_default="0"),
    Column("cost_usd", String),
    Column("created_at", DateTime, nullable=False, index=True),
    Column("changed_at", DateTime, nullable=False),
    Column("writer", String),
    Column("asked_pictures", Integer, nullable=False, server_default="1"),
    Column("made_pictures", Integer, nullable=False, server_default="0"),
    Column("estimate_usd", String),
    Column("charged", String, nullable=False, server_default="no"),
    Column("message", String),
    Column("hint", String),
    Column("retryable", Integer, nullable=False, server_default="0"),
    Column("revised_prompt", String),
    Column("notes", String),
)
pictures = Table(
    "pictures",
    tables,
    Column("job_id", String, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("picture_id", String, nullable=False, index=True),
    Column("owner", String, nullable=False),
    Column("place", String),
    Column("format", String, nullable=False, server_default="png"),
    Column("width", Integer, nullable=False, server_default="0"),
    Column("height", Integer, nullable=False, server_default="0"),
    Column("bytes", Integer, nullable=False, server_default="0"),
    Column("notes", String),
)
request_keys = Table(
    "request_keys",
    tables,
    Column("owner", String, primary_key=True),
    Column("request_key", String, primary_key=True),
    Column("asked", String, nullable=False, server_default=""),
    Column("job_id", String, nullable=False),
)
savings = Table(
    "savings",
    tables,
    Column("day", Date, primary_key=True),
    Column("model", String, primary_key=True),
    Column("answers", Integer, nullable=False),
    Column("saved_usd", String, nullable=False),
)


def open_engine(path: Path) -> Engine:
    """The database at `path`, made if there is none; several processes may share it.

    Write-ahead log with synchronous=FULL: what was committed survives a power cut. Raises
    sqlalchemy.exc.SQLAlchemyError or OSError when the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    with engine.execution_options(**WRITING).begin() as connection:
        _create(connection)
    path.chmod(0o600)
    return engine


WRITING = {"begin": "BEGIN IMMEDIATE"}
"""Execution options of a transaction that will write: nobody else writes between its reads and
its writes."""


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
    connection.isolation_level = None  # the driver begins too late: at the first write
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=ON")  # macOS, whose fsync stops short of the disk


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _create(connection: Connection) -> None:
    """Tables, columns that an earlier version did not have, and indexes."""
    for table in tables.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        there = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                words = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {words}")
        for index in table.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))
