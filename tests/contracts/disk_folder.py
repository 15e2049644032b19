"""The folder of a cache on disk, as somebody else sees it and meddles with it."""

import sqlite3
from pathlib import Path


def files(folder: Path) -> list[Path]:
    """The files of the entries, in the order of their names."""
    return sorted((folder / "cache" / "entries").glob("*/*/*.val"))


def database(folder: Path, suffix: str = "") -> Path:
    """The database, or one of the files beside it."""
    return folder / "cache" / "entries" / f"cache.db{suffix}"


def sql(folder: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    """What somebody else does to the database."""
    connection = sqlite3.connect(database(folder))
    with connection:
        rows = connection.execute(statement, values).fetchall()
    connection.close()
    return rows
