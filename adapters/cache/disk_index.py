"""The index of the disk tier: one row for each entry, in SQLite, and one file for each row.

It uses the files, the schema and the SQLite settings of diskcache 5.6.3, but no pickles. That
version is the last one, so its private names (`_con`, `_write`) are as stable as its public ones.
Its own set, get and cull are not used: they lock the database while they read a file, count expired
rows, and delete ten rows at once, even the newest.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from diskcache import Cache  # type: ignore[import-untyped] # it has neither types nor stubs

from adapters.cache.disk_files import BINARY, BytesDisk
from application.ports.image_cache import ClearResult

BUSY_SECONDS = 10
"""Seconds to wait while another process writes."""
SETTINGS = {
    "cull_limit": 0,
    "disk_min_file_size": 0,  # every entry has a file of its own, and every row its real size
    "eviction_policy": "least-recently-used",  # for its index
    "sqlite_mmap_size": 0,  # a mapped database that is truncated would end the process
    "statistics": 0,
}
OWN_ROW = f"""(raw = 1 AND mode = {BINARY} AND typeof(size) = 'integer' AND size > 0
    AND typeof(store_time) = 'real')"""
LIVE_ROW = f"({OWN_ROW} AND store_time > :since AND store_time <= :now)"
"""Rows that this cache did not write, expired rows, and rows dated in the future are not live."""
DEAD_ROW = " UNION ALL ".join(
    f"SELECT rowid FROM Cache WHERE {each}"  # noqa: S608 - spelled here
    for each in (f"{OWN_ROW} IS NOT TRUE", "store_time <= :since", "store_time > :now")
)
"""All other rows, spelled so that INDEXES find them, without reading those that are live."""
INDEXES = (
    "CREATE INDEX IF NOT EXISTS Cache_store_time ON Cache (store_time)",
    f"CREATE INDEX IF NOT EXISTS Cache_foreign ON Cache (raw) WHERE {OWN_ROW} IS NOT TRUE",
)
REAL_TOTALS = {
    "count": "(SELECT COUNT(*) FROM Cache)",
    "size": "(SELECT COALESCE(SUM(size), 0) FROM Cache)",
}
"""The number of rows and of bytes, read from all rows."""
KEPT = "(SELECT value FROM Settings WHERE key = '{}' AND typeof(value) = 'integer' AND value >= 0)"
"""diskcache keeps both in Settings, by triggers in the database: they change in the transaction
that changes the rows, whatever process writes, and a crash loses both changes or neither."""
COUNT, SIZE = (f"COALESCE({KEPT.format(name)}, {real})" for name, real in REAL_TOTALS.items())
NEXT_ACCESS = "(SELECT COALESCE(MAX(access_time), 0) + 1 FROM Cache)"
"""The order of use is a counter, not a time: clocks stand still, jump, and differ."""
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
"""SQLite's codes for temporary errors, as opposed to a damaged database."""


class LiveInterval(NamedTuple):
    """An entry is live if it was created after `since` and not after `now`."""

    since: float
    now: float


Now = Callable[[], LiveInterval]
"""Called after this process has locked the database: rows that other processes wrote before are
then not dated in the future, however long the locking took."""


class Row(NamedTuple):
    """The row and the file of an entry, and the time when it was created."""

    number: int
    filename: str
    created: float


class DiskIndex(Cache):  # type: ignore[misc] # the base has no types
    """Finds, adds and removes entries, for the one thread that opened it.

    Several processes may use one folder. A file is written before its row, and removed after it.
    Every method raises sqlite3.Error or OSError; opening also raises whatever diskcache raises for
    a damaged database.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "cache.db"
        try:
            super().__init__(str(folder), timeout=BUSY_SECONDS, disk=BytesDisk, **SETTINGS)
            self._identity = _identity(self._file)
            for index in INDEXES:
                self._run(index)
        except BaseException:
            self.close()
            raise

    @property
    def is_current(self) -> bool:
        """Whether this database is still in the folder: not moved, removed or replaced."""
        return _identity(self._file) == self._identity

    def find(self, key: str, interval: LiveInterval) -> Row | None:
        """Return the live row of this key."""
        found = self._run(
            "SELECT rowid, filename, store_time FROM Cache WHERE key = :key AND LIVE",
            key=key,
            **interval._asdict(),
        ).fetchone()
        return found and Row(*found)

    def open(self, row: Row) -> BinaryIO:
        """Return the file of this row, for the caller to close; raise ForbiddenValue."""
        file: BinaryIO = self.disk.fetch(BINARY, row.filename, None, read=True)
        return file

    def mark_used(self, row: Row) -> None:
        """Record that the row was used."""
        with suppress(sqlite3.OperationalError):  # the entry itself is good
            self._run(
                "UPDATE Cache SET access_time = LATEST WHERE rowid = :row AND filename = :name",
                row=row.number,
                name=row.filename,
            )

    def add(self, key: str, blob: bytes, created: float, now: Now, max_bytes: int) -> int:
        """Replace earlier bytes of this key with these; return how many live rows were evicted.

        Room is made first, in the same transaction: all files together never exceed `max_bytes`.
        """
        size, mode, name, _ = self.disk.store(blob, read=False)
        try:
            with self._changes() as removed:
                self._delete(removed, "key = :key AND raw = 1", key=key)
                evicted = self._make_room(removed, now, max_bytes - size)
                self._run(
                    "INSERT INTO Cache (key, raw, store_time, access_time, size, mode, filename)"
                    " VALUES (:key, 1, :created, LATEST, :size, :mode, :name)",
                    key=key,
                    created=created,
                    size=size,
                    mode=mode,
                    name=name,
                )
        except BaseException:
            self.disk.remove(name)
            raise
        return evicted

    def evict(self, now: Now, max_bytes: int) -> int:
        """Make room as `add` does, so that all files take at most `max_bytes`."""
        with self._changes() as removed:
            return self._make_room(removed, now, max_bytes)

    def usage(self, interval: LiveInterval) -> ClearResult:
        """Return how many live rows there are, and the bytes of their files."""
        entries, size, dead, dead_size = self._run(
            f"SELECT {COUNT}, {SIZE}, COUNT(*),"  # noqa: S608 - spelled above
            " COALESCE(SUM(size), 0) FROM Cache WHERE DEAD",
            **interval._asdict(),
        ).fetchone()
        return ClearResult(entries=entries - dead, bytes=size - dead_size)

    def rows(self) -> Sequence[tuple[Row, int]]:
        """Return each row, and the size that its file should have."""
        found = self._run("SELECT rowid, filename, store_time, size FROM Cache").fetchall()
        return [(Row(*row), size) for *row, size in found]

    def delete_key(self, key: str) -> None:
        """Delete the row of this key, live or not."""
        with self._changes() as removed:
            self._delete(removed, "key = :key AND raw = 1", key=key)

    def delete_rows(self, rows: Iterable[Row]) -> None:
        """Delete these rows, except those whose keys were written again meanwhile."""
        with self._changes() as removed:
            for row in rows:
                self._delete(
                    removed, "rowid = :row AND filename IS :name", row=row.number, name=row.filename
                )

    def correct_totals(self) -> None:
        """Correct the kept numbers of rows and bytes, which another program may have changed.

        Reads all rows, but holds the lock only if there is something to correct.
        """
        for name, real in REAL_TOTALS.items():
            (is_right,) = self._run(f"SELECT {KEPT.format(name)} IS {real}").fetchone()
            if not is_right:
                self._run(f"INSERT OR REPLACE INTO Settings VALUES ('{name}', {real})")  # noqa: S608 - spelled above

    def delete_expired(self, now: Now) -> int:
        """Delete the rows that are not live; return how many there were."""
        with self._changes() as removed:
            return self._delete(removed, "DEAD", **now()._asdict())

    def delete_all(self) -> None:
        """Delete all rows, those of other programs included."""
        with self._changes() as removed:
            self._delete(removed, "TRUE")

    def _make_room(self, removed: list[str], now: Now, max_bytes: int) -> int:
        if self._used() <= max_bytes:  # dead rows wait for `delete_expired`
            return 0
        self._delete(removed, "DEAD", **now()._asdict())
        used, evicted = self._used(), []
        oldest_first = "SELECT rowid, size FROM Cache ORDER BY access_time, rowid"
        for number, size in self._run(oldest_first):
            if used <= max_bytes:
                break
            evicted.append(number)
            used -= size
        for number in evicted:
            self._delete(removed, "rowid = :row", row=number)
        return len(evicted)

    def _used(self) -> int:
        """The bytes of all files."""
        (used,) = self._run(f"SELECT {SIZE}").fetchone()
        return int(used)

    def _delete(self, removed: list[str], where: str, **values: object) -> int:
        names = self._run(f"SELECT filename FROM Cache WHERE {where}", **values).fetchall()  # noqa: S608 - conditions are written above
        self._run(f"DELETE FROM Cache WHERE {where}", **values)  # noqa: S608 - as above
        removed += [name for (name,) in names]
        return len(names)

    @contextmanager
    def _changes(self) -> Iterator[list[str]]:
        """A transaction. Afterwards, the files whose names are in its list are removed."""
        removed: list[str] = []
        with self._con as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield removed
        for name in removed:
            self.disk.remove(name)

    def _run(self, statement: str, **values: object) -> sqlite3.Cursor:
        """Execute a statement; LIVE, DEAD and LATEST in it stand for conditions above."""
        spelled = statement.replace("LIVE", LIVE_ROW).replace("DEAD", f"rowid IN ({DEAD_ROW})")
        spelled = spelled.replace("LATEST", NEXT_ACCESS)
        cursor: sqlite3.Cursor = self._con.execute(spelled, values)
        return cursor


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def is_corruption(error: Exception) -> bool:
    """Whether the error means that the database will never be readable again."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        return code == sqlite3.SQLITE_IOERR_SHORT_READ or code & 0xFF not in TRANSIENT_ERRORS
    return not isinstance(error, OSError | MemoryError)
