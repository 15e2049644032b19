"""The tier that survives a restart: images as files, with an index in SQLite."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import TypeVar

from adapters.cache.disk_files import ForbiddenValue
from adapters.cache.disk_index import BUSY_SECONDS, DiskIndex, LiveInterval, is_corruption
from adapters.cache.entry_codec import CorruptEntry, decode, encode
from adapters.cache.tier_counters import TierCounters
from application.ports.image_cache import CacheEntry, CacheHit, ClearResult, TierStats
from domain.errors import CacheUnavailable

T = TypeVar("T")

TIER = "disk"
OPERATION_TIMEOUT = BUSY_SECONDS + 5.0
"""Seconds for one entry, including the wait for the thread. Longer than BUSY_SECONDS, so that a
busy database is reported as such."""
STRAY_SECONDS = 60
"""Seconds after which a file without a row is a leftover. A younger one may still get its row."""
ATTEMPTS = 3
"""Attempts to read an entry: another process may replace it between its row and its file."""
UNREADABLE = (
    CorruptEntry,
    ForbiddenValue,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


class DiskCache:
    """An ImageCache in a folder that several processes may share; nothing in it is a pickle.

    Bounded by the bytes of the entries' files (the index takes about 100 KB more, its log up to
    4 MB); `ttl` is in seconds of `clock`, the time of day. The bounds of this process apply to the
    entries of other processes too. With a bound or a ttl of 0 the cache stores nothing. The folder
    is created at first use; only its owner can enter it. Expired entries use space until
    `sweep` is called, or until a new entry needs the space.

    All work runs in one thread: SQLite allows one writer at a time, every use of an entry is
    recorded, and only the thread that opened a connection may close it.
    """

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        ttl: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._name = folder
        self._enabled = max_bytes > 0 and ttl > 0
        self._folder = _Folder(folder, max_bytes, ttl, clock)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cache")
        self._counters = TierCounters(TIER, max_bytes, ttl)
        self._closed = False

    async def get(self, key: str, /) -> CacheHit | None:
        if not self._enabled:
            return self._counters.count(None)
        entry = await self._run_with_timeout(lambda: self._folder.find(key))
        hit = None if entry is None else CacheHit(entry=entry, source=TIER)
        return self._counters.count(hit)

    async def put(self, key: str, entry: CacheEntry, /) -> None:
        if self._enabled:
            await self._run_with_timeout(lambda: self._folder.put(key, entry))

    async def delete(self, key: str, /) -> None:
        if self._enabled:
            await self._run_with_timeout(lambda: self._folder.delete(key))

    async def clear(self) -> ClearResult:
        return await self._run(self._folder.clear)

    async def sweep(self) -> int:
        """Remove expired entries with their files, and files that a crash left behind.

        Returns how many entries had expired. Raises CacheUnavailable.
        """
        return await self._run(self._folder.sweep)

    async def stats(self) -> tuple[TierStats, ...]:
        usage = await self._run(self._folder.usage)
        return self._counters.stats(usage, self._folder.evictions)

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            await self._run(self._folder.close)
            self._thread.shutdown(wait=False)

    async def _run_with_timeout(self, work: Callable[[], T]) -> T:
        """Run work that a job waits for but can do without, if a network disk hangs, for example.

        Work that has not started before the timeout is dropped.
        """
        try:
            async with asyncio.timeout(OPERATION_TIMEOUT):
                return await self._run(work)
        except TimeoutError as error:
            raise CacheUnavailable(f"The cache in {self._name} did not respond in time.") from error

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except Exception as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise CacheUnavailable(
                f"The cache in {self._name} cannot be used ({reason})."
            ) from error


class _Folder:
    """The work of the disk tier, for one thread. The folder is opened at first use.

    Everything is in `folder`/entries, which other users cannot enter. A damaged database is renamed
    to entries.damaged (only the last one is kept, without its images) and replaced by a new one.
    Methods raise sqlite3.Error and OSError; `put` also raises TypeError and ValueError for facts
    that JSON cannot hold.
    """

    def __init__(
        self, folder: Path, max_bytes: int, ttl: float, clock: Callable[[], float]
    ) -> None:
        self._entries = folder / "entries"
        self._damaged = folder / "entries.damaged"
        self._max_bytes = max_bytes
        self._ttl = ttl
        self._clock = clock
        self._index: DiskIndex | None = None
        self.evictions = 0

    def find(self, key: str) -> CacheEntry | None:
        """Return the live entry of this key. An entry whose file was changed is deleted."""
        return self._on_index(lambda index: self._read(index, key))

    def put(self, key: str, entry: CacheEntry) -> None:
        """Keep the entry. If it is too large or too old, only remove an earlier one of this key."""
        blob = encode(key, entry)
        now = self._clock()
        created = min(entry.created_at.timestamp(), now)  # another machine's clock may be ahead
        if len(blob) > self._max_bytes or now - created >= self._ttl:
            self.delete(key)
            return
        self.evictions += self._on_index(
            lambda index: index.add(key, blob, created, self._live, self._max_bytes)
        )

    def delete(self, key: str) -> None:
        self._on_index(lambda index: index.delete_key(key))

    def usage(self) -> ClearResult:
        """Return how many live entries there are, and the bytes of their files."""
        return self._on_index(lambda index: index.usage(self._live()))

    def clear(self) -> ClearResult:
        """Remove all files, then all rows, because removing rows on a full disk needs room."""
        removed = [size for file in self._files() if (size := _remove(file)) is not None]
        try:
            self._on_index(DiskIndex.delete_all)
        except sqlite3.Error:
            self._quarantine_database()
        rmtree(self._damaged, ignore_errors=True)
        return ClearResult(entries=len(removed), bytes=sum(removed))

    def sweep(self) -> int:
        """Remove expired rows, rows without a file, and leftover files.

        Returns how many rows had expired.
        """
        expired = self._on_index(lambda index: index.delete_expired(self._live))
        self._on_index(self._reconcile)
        return expired

    def close(self) -> None:
        """Close the database; the next call opens it again."""
        index, self._index = self._index, None
        if index is not None:
            with suppress(sqlite3.Error):
                index.close()

    def _read(self, index: DiskIndex, key: str) -> CacheEntry | None:
        for _ in range(ATTEMPTS):
            row = index.find(key, self._live())
            if row is None:
                return None
            try:
                with index.open(row) as file:
                    entry = decode(key, file)
            except UNREADABLE:
                index.delete_rows([row])
            else:
                index.mark_used(row)
                return replace(entry, created_at=datetime.fromtimestamp(row.created, UTC))
        return None

    def _reconcile(self, index: DiskIndex) -> None:
        rows = index.rows()
        names = {row.filename for row, _ in rows}
        found: dict[str, int] = {}
        for file in self._files():
            name = str(file.relative_to(self._entries))
            with suppress(FileNotFoundError):
                status = file.stat()
                found[name] = status.st_size
                if name not in names and status.st_mtime < time.time() - STRAY_SECONDS:
                    index.disk.remove(name)
        index.delete_rows(row for row, size in rows if found.get(row.filename) != size)
        index.correct_totals()

    def _files(self) -> Iterator[Path]:
        for folder, _, names in os.walk(self._entries):  # globbing fails where folders vanish
            yield from (Path(folder, name) for name in names if name.endswith(".val"))

    def _live(self) -> LiveInterval:
        now = self._clock()
        return LiveInterval(since=now - self._ttl, now=now)

    def _on_index(self, work: Callable[[DiskIndex], T]) -> T:
        try:
            return work(self._open())
        except Exception as error:
            if not self._recovered(error):
                raise
        return work(self._open())

    def _recovered(self, error: Exception) -> bool:
        """Whether the error was due to a database that is now replaced: a retry may work."""
        if self._index is not None and not self._index.is_current:
            self.close()
            return True
        if is_corruption(error):
            self._quarantine_database()
            return True
        return False

    def _open(self) -> DiskIndex:
        if self._index is not None and not self._index.is_current:
            self.close()
        if self._index is None:
            self._entries.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._entries.mkdir(mode=0o700, exist_ok=True)
            self._entries.chmod(0o700)
            self._index = DiskIndex(self._entries)
            self.evictions += self._index.evict(self._live, self._max_bytes)
        return self._index

    def _quarantine_database(self) -> None:
        self.close()
        rmtree(self._damaged, ignore_errors=True)
        with suppress(FileNotFoundError):
            self._entries.rename(self._damaged)
            for child in self._damaged.iterdir():
                if child.is_dir():
                    rmtree(child, ignore_errors=True)


def _remove(file: Path) -> int | None:
    try:
        size = file.stat().st_size
        file.unlink()
    except FileNotFoundError:
        return None
    return size
