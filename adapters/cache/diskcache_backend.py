"""What we take from diskcache 5.6.3: its files, its schema, its settings of SQLite. No pickle.

That version is the last one and it is no longer developed, so its inner names (`_con`, `_write`)
are as stable as its outer ones. Its own set, get and cull are not used: they hold the database
while they read a file, count expired rows, and drop ten rows at once, the newest among them.
"""

import re
import sqlite3
from pathlib import Path
from typing import BinaryIO

from diskcache import Cache, Disk  # type: ignore[import-untyped] # it has no types, nor stubs

BINARY = 2
"""diskcache's mode for bytes in a file. Mode 4 is a pickle."""
BUSY_SECONDS = 10
SETTINGS = {
    "cull_limit": 0,
    "disk_min_file_size": 0,  # every entry has its own file, and every row a true size
    "eviction_policy": "least-recently-used",  # for its index
    "sqlite_mmap_size": 0,  # a mapped database that somebody cuts would end the process
    "statistics": 0,
}
NAME = re.compile(r"[0-9a-f]{2}[/\\][0-9a-f]{2}[/\\][0-9a-f]{28}\.val")
"""No row, whoever wrote it, makes us open or remove a file of another name."""


class ForbiddenValue(ValueError):
    """A key, a value or a file of a kind that this cache never writes, such as a pickle."""


class BytesDisk(Disk):  # type: ignore[misc] # the base has no types
    """Strings as keys and bytes as values, each in a file; nothing else goes in or comes out."""

    def put(self, key: object) -> tuple[str, bool]:
        if type(key) is not str:
            raise ForbiddenValue("keys are strings")
        return key, True

    def get(self, key: object, raw: object) -> str:
        if type(key) is not str or raw != 1:
            raise ForbiddenValue("keys are strings")
        return key

    def store(self, value: object, read: bool, key: object = None) -> tuple[int, int, str, None]:
        if type(value) is not bytes or read:
            raise ForbiddenValue("values are bytes")
        name, path = self.filename()
        try:
            self._write(path, (value,), "xb")
        except BaseException:
            self.remove(name)
            raise
        return len(value), BINARY, name, None

    def fetch(self, mode: object, filename: object, value: object, read: bool) -> BinaryIO:
        """The open file, for the caller to close."""
        if mode != BINARY or not read or type(filename) is not str or not NAME.fullmatch(filename):
            raise ForbiddenValue("values are files of ours")
        return Path(self._directory, filename).open("rb")

    def remove(self, file_path: object) -> None:
        if type(file_path) is str and NAME.fullmatch(file_path):
            super().remove(file_path)


class CacheDatabase(Cache):  # type: ignore[misc] # the base has no types
    """An open database, for the one thread that opened it.

    Opening raises sqlite3.Error or OSError, or whatever a damaged database makes diskcache raise.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "cache.db"
        try:
            super().__init__(str(folder), timeout=BUSY_SECONDS, disk=BytesDisk, **SETTINGS)
            self._identity = _identity(self._file)
        except BaseException:
            self.close()
            raise

    @property
    def is_current(self) -> bool:
        """Whether the folder still has this database: nobody moved, removed or replaced it."""
        return _identity(self._file) == self._identity

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, in autocommit mode."""
        connection: sqlite3.Connection = self._con
        return connection


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


TRANSIENT_ERRORS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
"""SQLite's words for a bad moment rather than a bad database."""


def is_corruption(error: Exception) -> bool:
    """Whether the error means that the database will never be read again."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        return code == sqlite3.SQLITE_IOERR_SHORT_READ or code & 0xFF not in TRANSIENT_ERRORS
    return not isinstance(error, OSError | MemoryError)
