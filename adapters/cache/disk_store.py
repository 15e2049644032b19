"""A folder of entries: opened when it is first needed, begun anew when it is damaged."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import TypeVar

from adapters.cache.disk_index import DiskIndex, LiveInterval
from adapters.cache.diskcache_backend import ForbiddenValue, is_corruption
from adapters.cache.entry_codec import CorruptEntry, decode, encode
from application.ports.image_cache import CacheEntry, CacheHit, ClearResult

T = TypeVar("T")

TIER = "disk"
STRAY_SECONDS = 60
"""A file without a row may be about to get one; when it is older than this, it is a leftover."""
ATTEMPTS = 3
"""Another process may replace an entry between our look at its row and at its file."""
UNREADABLE = (
    CorruptEntry,
    ForbiddenValue,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


class DiskStore:
    """The work of the disk tier, for one thread.

    Everything is in `folder`/entries, which nobody else may enter. A damaged database is set
    aside as entries.damaged (the last one only, without its pictures) and a new one is begun.
    Methods raise sqlite3.Error and OSError; `keep` also TypeError and ValueError, for facts that
    JSON cannot hold.
    """

    def __init__(
        self, folder: Path, max_bytes: int, ttl: float, clock: Callable[[], float]
    ) -> None:
        self._entries = folder / "entries"
        self._aside = folder / "entries.damaged"
        self._max_bytes = max_bytes
        self._ttl = ttl
        self._clock = clock
        self._rows: DiskIndex | None = None
        self.evictions = 0

    def find(self, key: str) -> CacheHit | None:
        """The live entry of this key. One whose file is not what was written is dropped."""
        return self._on_rows(lambda rows: self._read(rows, key))

    def put(self, key: str, entry: CacheEntry) -> None:
        """Keep the entry; one that is too large or too old only removes the other of its key."""
        blob = encode(key, entry)
        now = self._clock()
        stored = min(entry.created_at.timestamp(), now)  # another machine's clock may be ahead
        if len(blob) > self._max_bytes or now - stored >= self._ttl:
            self.delete(key)
            return
        self.evictions += self._on_rows(
            lambda rows: rows.keep(key, blob, stored, self._window, self._max_bytes)
        )

    def delete(self, key: str) -> None:
        """Remove the entry of this key."""
        self._on_rows(lambda rows: rows.delete(key))

    def held(self) -> ClearResult:
        """How many live entries there are, and the bytes of their files."""
        return self._on_rows(lambda rows: rows.usage(self._window()))

    def clear(self) -> ClearResult:
        """Remove all files, then all rows: on a full disk the latter need the former's room."""
        removed = [size for file in self._files() if (size := _remove(file)) is not None]
        try:
            self._on_rows(DiskIndex.clear)
        except sqlite3.Error:
            self._quarantine_database()
        rmtree(self._aside, ignore_errors=True)
        return ClearResult(entries=len(removed), bytes=sum(removed))

    def sweep(self) -> int:
        """Remove what is dead, lost or left over; return how many dead rows there were."""
        buried = self._on_rows(lambda rows: rows.delete_expired(self._window))
        self._on_rows(self._reconcile)
        return buried

    def close(self) -> None:
        """Close the database; the next call opens it again."""
        rows, self._rows = self._rows, None
        if rows is not None:
            with suppress(sqlite3.Error):
                rows.close()

    def _read(self, rows: DiskIndex, key: str) -> CacheHit | None:
        for _ in range(ATTEMPTS):
            window = self._window()
            row = rows.find(key, window)
            if row is None:
                return None
            try:
                with rows.open(row) as file:
                    entry = decode(key, file)
                    created_at = datetime.fromtimestamp(row.stored, UTC)
            except UNREADABLE:
                rows.drop(row)
            else:
                rows.mark_used(row)
                return CacheHit(entry=replace(entry, created_at=created_at), source=TIER)
        return None

    def _reconcile(self, rows: DiskIndex) -> None:
        sizes = rows.sizes()
        found: dict[str, int] = {}
        for file in self._files():
            name = str(file.relative_to(self._entries))
            with suppress(FileNotFoundError):
                fact = file.stat()
                found[name] = fact.st_size
                if name not in sizes and fact.st_mtime < time.time() - STRAY_SECONDS:
                    rows.disk.remove(name)
        rows.forget_files([name for name, size in sizes.items() if found.get(name) != size])

    def _files(self) -> Iterator[Path]:
        for place, _, names in os.walk(self._entries):  # globbing fails where folders vanish
            yield from (Path(place, name) for name in names if name.endswith(".val"))

    def _window(self) -> LiveInterval:
        now = self._clock()
        return LiveInterval(since=now - self._ttl, now=now)

    def _on_rows(self, work: Callable[[DiskIndex], T]) -> T:
        try:
            return work(self._opened())
        except Exception as error:
            if not self._recovered(error):
                raise
        return work(self._opened())

    def _recovered(self, error: Exception) -> bool:
        """After an error: whether a second attempt may do better, on another database."""
        if self._rows is not None and not self._rows.is_current:
            self.close()
            return True
        if is_corruption(error):
            self._quarantine_database()
            return True
        return False

    def _opened(self) -> DiskIndex:
        if self._rows is not None and not self._rows.is_current:
            self.close()
        if self._rows is None:
            self._entries.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._entries.mkdir(mode=0o700, exist_ok=True)
            self._entries.chmod(0o700)
            self._rows = DiskIndex(self._entries)
            self.evictions += self._rows.evict(self._window, self._max_bytes)
        return self._rows

    def _quarantine_database(self) -> None:
        self.close()
        rmtree(self._aside, ignore_errors=True)
        with suppress(FileNotFoundError):
            self._entries.rename(self._aside)
            for inside in self._aside.iterdir():
                if inside.is_dir():
                    rmtree(inside, ignore_errors=True)


def _remove(file: Path) -> int | None:
    try:
        size = file.stat().st_size
        file.unlink()
    except FileNotFoundError:
        return None
    return size
