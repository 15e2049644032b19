"""The folder of a disk cache, read and changed without the cache."""

import sqlite3
from pathlib import Path


def files(folder: Path) -> list[Path]:
    """The files of the entries, in the order of their names."""
    return sorted((folder / "cache" / "entries").glob("*/*/*.val"))


def database(folder: Path, suffix: str = "") -> Path:
    """The database file, or one of its companion files with this suffix."""
    return folder / "cache" / "entries" / f"cache.db{suffix}"


def sql(folder: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Run a statement on the cache's database."""
    connection = sqlite3.connect(database(folder))
    with connection:
        rows = connection.execute(statement, values).fetchall()
    connection.close()
    return rows
