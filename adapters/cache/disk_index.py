"""The index of the disk tier: one row an entry, in SQLite."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, NamedTuple

from adapters.cache.diskcache_backend import BINARY, CacheDatabase
from application.ports.image_cache import ClearResult

LIVE_ROW = f"""(raw = 1 AND mode = {BINARY} AND typeof(size) = 'integer' AND size > 0
    AND store_time > :since AND store_time <= :now)"""
"""What is no row of ours is as dead as what has expired, and as what comes from the future."""
NEXT_ACCESS = "(SELECT COALESCE(MAX(access_time), 0) + 1 FROM Cache)"
"""The order of use is counted, not timed: clocks stand still, jump, and differ."""


class LiveInterval(NamedTuple):
    """The times of writing that make an entry a live one: after `since`, up to `now`."""

    since: float
    now: float


Now = Callable[[], LiveInterval]
"""Asked once the database is ours alone: no row that another process wrote before is of the future
then, however long we had to wait."""


class Row(NamedTuple):
    """Where an entry is, and when it was written."""

    number: int
    filename: str
    stored: float


class DiskIndex(CacheDatabase):
    """Finds, keeps and forgets entries. Several processes may work on one folder.

    A file is there before its row is, and removed once the row is gone for good. Every method
    raises sqlite3.Error or OSError.
    """

    def find(self, key: str, window: LiveInterval) -> Row | None:
        """The live row of this key."""
        found = self._run(
            "SELECT rowid, filename, store_time FROM Cache WHERE key = :key AND LIVE",
            key=key,
            **window._asdict(),
        ).fetchone()
        return found and Row(*found)

    def open(self, row: Row) -> BinaryIO:
        """The file of this row, for the caller to close; raise Refused if it is none of ours."""
        file: BinaryIO = self.disk.fetch(BINARY, row.filename, None, read=True)
        return file

    def mark_used(self, row: Row) -> None:
        """Note that the row was used; where that cannot be written, its file is still good."""
        with suppress(sqlite3.OperationalError):
            self._run(
                "UPDATE Cache SET access_time = LATEST WHERE rowid = :row AND filename = :name",
                row=row.number,
                name=row.filename,
            )

    def drop(self, row: Row) -> None:
        """Forget this row, unless its key was written anew meanwhile."""
        with self._changing() as gone:
            number, name, _ = row
            self._forget(gone, "rowid = :row AND filename IS :name", row=number, name=name)

    def delete(self, key: str) -> None:
        """Forget what is kept under this key."""
        with self._changing() as gone:
            self._forget(gone, "key = :key AND raw = 1", key=key)

    def keep(self, key: str, blob: bytes, stored: float, window: Now, most: int) -> int:
        """Keep the bytes as written at `stored`, in place of others of this key.

        Before that, in the same transaction, room is made, so that all that is kept takes no
        more than `most` bytes; the number of live rows that went for it is returned.
        """
        size, mode, name, _ = self.disk.store(blob, read=False)
        try:
            with self._changing() as gone:
                self._forget(gone, "key = :key AND raw = 1", key=key)
                evicted = self._make_room(gone, window, most - size)
                self._run(
                    "INSERT INTO Cache (key, raw, store_time, access_time, size, mode, filename)"
                    " VALUES (:key, 1, :stored, LATEST, :size, :mode, :name)",
                    key=key,
                    stored=stored,
                    size=size,
                    mode=mode,
                    name=name,
                )
        except BaseException:
            self.disk.remove(name)
            raise
        return evicted

    def evict(self, window: Now, most: int) -> int:
        """Make room as `keep` does, so that `most` bytes are not exceeded."""
        with self._changing() as gone:
            return self._make_room(gone, window, most)

    def usage(self, window: LiveInterval) -> ClearResult:
        """How many live rows there are, and the bytes of their files."""
        entries, size = self._run(
            "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM Cache WHERE LIVE", **window._asdict()
        ).fetchone()
        return ClearResult(entries=entries, bytes=size)

    def delete_expired(self, window: Now) -> int:
        """Forget what is dead; return how many rows were."""
        with self._changing() as gone:
            return self._forget(gone, "LIVE IS NOT TRUE", **window()._asdict())

    def sizes(self) -> dict[str, int]:
        """The size that each file should have, by its name."""
        return dict(self._run("SELECT filename, size FROM Cache").fetchall())

    def forget_files(self, names: list[str]) -> None:
        """Forget the rows of these files."""
        with self._changing() as gone:
            for name in names:
                self._forget(gone, "filename IS :name", name=name)

    def clear(self) -> None:
        """Forget everything."""
        with self._changing() as gone:
            self._forget(gone, "TRUE")

    def _make_room(self, gone: list[str], window: Now, most: int) -> int:
        self._forget(gone, "LIVE IS NOT TRUE", **window()._asdict())
        (held,) = self._run("SELECT COALESCE(SUM(size), 0) FROM Cache").fetchone()
        evicted = []
        oldest_first = "SELECT rowid, size FROM Cache ORDER BY access_time, rowid"
        for number, size in self._run(oldest_first):
            if held <= most:
                break
            evicted.append(number)
            held -= size
        for number in evicted:
            self._forget(gone, "rowid = :row", row=number)
        return len(evicted)

    def _forget(self, gone: list[str], where: str, **values: object) -> int:
        names = self._run(f"SELECT filename FROM Cache WHERE {where}", **values).fetchall()  # noqa: S608 - conditions are written above
        self._run(f"DELETE FROM Cache WHERE {where}", **values)  # noqa: S608 - as above
        gone += [name for (name,) in names]
        return len(names)

    @contextmanager
    def _changing(self) -> Iterator[list[str]]:
        """A transaction; it is given the names of the files to remove after it."""
        gone: list[str] = []
        with self.connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield gone
        for name in gone:
            self.disk.remove(name)

    def _run(self, statement: str, **values: object) -> sqlite3.Cursor:
        """Execute a statement in which LIVE and LATEST are words."""
        spelled = statement.replace("LIVE", LIVE_ROW).replace("LATEST", NEXT_ACCESS)
        return self.connection.execute(spelled, values)
