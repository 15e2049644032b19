"""Reads the rows that this version understands. All others are skipped, and never changed.

SQLite stores any value in any column, and a later version may record values that this one does not
know.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Date, DateTime, Integer, Row, String, Table

T = TypeVar("T")

logger = logging.getLogger(__name__)

KINDS = {String: str, Integer: int, DateTime: datetime, Date: date}
"""The Python type of the values in each type of column; NULL only where the schema allows it."""
UNREAD = frozenset({"writer"})
"""Columns that are not checked, because no record uses them; the first versions wrote numbers."""
UNREADABLE = (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What a conversion raises for a row that this version cannot read."""


def readable(
    connection: Connection,
    table: Table,
    rows: Iterable[Row[Any]],
    convert: Callable[[Row[Any]], T],
) -> Iterator[T]:
    """Convert the readable rows of `table`. The log mentions each of the others once."""
    for row in rows:
        try:
            check(table, row)
            yield convert(row)
        except UNREADABLE as error:
            key = [getattr(row, column.key) for column in table.primary_key]
            _report(connection.engine.url.database, table.name, repr(key)[:200], str(error)[:200])


def check(table: Table, row: Row[Any]) -> None:
    """Raise ValueError unless each value of a row of `select(table)` has its column's type."""
    for (name, kinds), value in zip(_kinds(table), row, strict=True):
        if not isinstance(value, kinds):
            raise ValueError(f"{name} is {value!r}")


@cache
def _kinds(table: Table) -> tuple[tuple[str, type | tuple[type, ...]], ...]:
    """The name of each column, and the types of its values."""
    return tuple((column.name, _kinds_of(column)) for column in table.columns)


def _kinds_of(column: Column[Any]) -> type | tuple[type, ...]:
    if column.key in UNREAD:
        return object
    kind = next(kind for type_, kind in KINDS.items() if isinstance(column.type, type_))
    return (kind, type(None)) if column.nullable else kind


@lru_cache(1_000)  # a row is read often; one line in the log is enough
def _report(file: str | None, table: str, key: str, reason: str) -> None:
    logger.warning("passed over an unreadable row of %s in %s: %s: %s", table, file, key, reason)
