"""Explains why the records cannot be read or written, and what to do."""

import os
import sqlite3
from errno import EACCES, EDQUOT, ENOLCK, ENOSPC, ENOTSUP, EOPNOTSUPP, EPERM, EROFS
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from domain.errors import ArchiveUnavailable

LOCKED = (
    "Another process holds the database. End it, or retry when it has finished. If there is none, "
    "the file system has no file locks: set DATA_DIR to a folder on a local disk."
)
FULL = "Free up disk space."
NOT_A_DATABASE = "Move the file away and restart. Keep it: it is the list of your images."
OTHER_SCHEMA = "Another program or version made the file. Set DATA_DIR to a folder of its own."
NO_FOLDER = "Set DATA_DIR to a folder that the server can write to."
NO_LOCKS = "The file system has no file locks. Set DATA_DIR to a folder on a local disk."
HINTS = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: FULL,
    sqlite3.SQLITE_NOTADB: NOT_A_DATABASE,
    sqlite3.SQLITE_CORRUPT: NOT_A_DATABASE,
    sqlite3.SQLITE_PROTOCOL: NO_LOCKS,
    sqlite3.SQLITE_IOERR_LOCK: NO_LOCKS,
    sqlite3.SQLITE_IOERR_RDLOCK: NO_LOCKS,
    sqlite3.SQLITE_IOERR_SHMLOCK: NO_LOCKS,
    sqlite3.SQLITE_IOERR_SHMMAP: NO_LOCKS,
    sqlite3.SQLITE_IOERR_SHMOPEN: NO_LOCKS,
    sqlite3.SQLITE_IOERR_SHMSIZE: NO_LOCKS,
}
"""By SQLite's extended or primary result code."""
FORBIDDEN = (
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_CANTOPEN,
)
"""SQLite's primary result codes for what this user may not do."""
OS_HINTS = {
    ENOSPC: FULL,
    EDQUOT: FULL,
    ENOLCK: NO_LOCKS,
    ENOTSUP: NO_LOCKS,
    EOPNOTSUPP: NO_LOCKS,
}
"""By the operating system's error number."""


def explain(error: Exception, file: Path) -> tuple[str, str]:
    """The reason in words, with the file's name, and the hint."""
    if isinstance(error, DBAPIError) and isinstance(error.orig, sqlite3.Error):
        return f"{file}: {error.orig}", _sqlite_hint(error.orig, file)
    if isinstance(error, OSError):
        reason = error.strerror or type(error).__name__
        return f"{error.filename or file.parent}: {reason}", _os_hint(error, file)
    return f"{file}: {type(error).__name__}", NO_FOLDER


def _sqlite_hint(error: sqlite3.Error, file: Path) -> str:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code & 0xFF in FORBIDDEN:
        return _permission_hint(file)
    return HINTS.get(code) or HINTS.get(code & 0xFF, OTHER_SCHEMA)


def _os_hint(error: OSError, file: Path) -> str:
    if error.errno in (EACCES, EPERM, EROFS):
        return _permission_hint(file)
    return OS_HINTS.get(error.errno or 0, NO_FOLDER)


def _permission_hint(file: Path) -> str:
    user = os.geteuid() if hasattr(os, "geteuid") else None
    return ArchiveUnavailable.permission_hint("DATA_DIR", file.parent, user)
