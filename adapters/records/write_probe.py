"""Checks whether a job could be recorded: writes a row to every table, and rolls back."""

import os
import shutil
from datetime import UTC, datetime
from errno import ENOSPC
from pathlib import Path

from sqlalchemy import Date, DateTime, Engine, Integer, String, Table

from adapters.records.dialect import upsert, without_waiting
from adapters.records.row_mapping import Values, utc_now
from adapters.records.schema import tables

PROBE_SECONDS = 1.0
"""Seconds to wait for a lock, which other processes hold for milliseconds."""
MIN_FREE_BYTES = 1_000_000
"""Free bytes that the disk of the records must have."""


def probe_writing(engine: Engine, folder: Path) -> None:
    """Return if a job could be recorded now; raise SQLAlchemyError or OSError."""
    if shutil.disk_usage(folder).free < MIN_FREE_BYTES:
        raise OSError(ENOSPC, os.strerror(ENOSPC), str(folder))
    with (
        engine.connect() as connection,
        without_waiting(connection, seconds=PROBE_SECONDS),
    ):
        for table in tables.sorted_tables:
            upsert(connection, table, _row(table))
        connection.rollback()


def _row(table: Table) -> Values:
    """A row with a value in every column, and a primary key that no other row has."""
    values = {
        String: "probe",
        Integer: 0,
        DateTime: utc_now(),
        Date: datetime.fromtimestamp(0, UTC),
    }
    return {
        column.key: next(value for type_, value in values.items() if isinstance(column.type, type_))
        for column in table.columns
    }
