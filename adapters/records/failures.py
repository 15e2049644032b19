"""Explains why the records cannot be read or written, and what to do."""

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError

LOCKED = "Another process holds the database. End it, or retry when it has finished."
READ_ONLY = "Make the file and its folder writable for the user that runs the server."
FULL = "Free up disk space."
NOT_A_DATABASE = "Move the file away and restart. Keep it: it is the list of your images."
OTHER_SCHEMA = "Another program or version made the file. Set DATA_DIR to a folder of its own."
NO_FOLDER = "Set DATA_DIR to a folder that the server can write to."
HINTS = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_AUTH: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: READ_ONLY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: FULL,
    sqlite3.SQLITE_NOTADB: NOT_A_DATABASE,
    sqlite3.SQLITE_CORRUPT: NOT_A_DATABASE,
}
"""By SQLite's primary result code."""


def explain(error: Exception, file: Path) -> tuple[str, str]:
    """The reason in words, with the file's name, and the hint."""
    if isinstance(error, DBAPIError) and isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        return f"{file}: {error.orig}", HINTS.get(code, OTHER_SCHEMA)
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        return f"{error.filename or file.parent}: {reason}", NO_FOLDER
    return f"{file}: {type(error).__name__}", NO_FOLDER
