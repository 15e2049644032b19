"""The tier that survives a restart: pictures as files, with an index in SQLite."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from adapters.cache.disk_store import TIER, DiskStore
from adapters.cache.diskcache_backend import BUSY_SECONDS
from adapters.cache.tier_counters import TierCounters
from application.ports.image_cache import CacheEntry, CacheHit, ClearResult, TierStats
from domain.errors import CacheUnavailable

T = TypeVar("T")

OPERATION_TIMEOUT = BUSY_SECONDS + 5.0
"""Seconds for one entry, its turn included. A disk that is only busy has said so before."""


class DiskCache:
    """An ImageCache in a folder that several processes may share; nothing in it is a pickle.

    Bounded by the bytes of the entries' files (the index takes some 100 KB more, its log up to
    4 MB); `ttl` in seconds of `clock`, the time of day. The bounds of this process count, for
    entries of other processes too; a bound of 0 and a ttl of 0 keep nothing. The folder is made
    at first use, open to nobody else. `sweep` wants to be called now and then.

    One thread does all the work: SQLite takes one writer at a time, every use of an entry is
    written down, and only the thread that opened a connection may close it.
    """

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        ttl: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._ttl = ttl
        self._store = DiskStore(folder, max_bytes, ttl, clock)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cache")
        self._counters = TierCounters(TIER, max_bytes, ttl)
        self._closed = False

    async def get(self, key: str, /) -> CacheHit | None:
        hit = await self._run_with_timeout(lambda: self._store.find(key)) if self._enabled else None
        return self._counters.count(hit)

    async def put(self, key: str, entry: CacheEntry, /) -> None:
        if self._enabled:
            await self._run_with_timeout(lambda: self._store.put(key, entry))

    async def delete(self, key: str, /) -> None:
        if self._enabled:
            await self._run_with_timeout(lambda: self._store.delete(key))

    async def clear(self) -> ClearResult:
        return await self._run(self._store.clear)

    async def sweep(self) -> int:
        """Remove expired entries with their files, and files that a crash left behind.

        Returns how many entries had expired. Raises CacheUnavailable.
        """
        return await self._run(self._store.sweep)

    async def stats(self) -> tuple[TierStats, ...]:
        held = await self._run(self._store.held)
        return self._counters.stats(held, self._store.evictions)

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            await self._run(self._store.close)
            self._thread.shutdown(wait=False)

    @property
    def _enabled(self) -> bool:
        return self._max_bytes > 0 and self._ttl > 0

    async def _run_with_timeout(self, work: Callable[[], T]) -> T:
        """Do it for somebody who waits and can do without, such as on a network's disk that hangs.

        What has not begun by then is not done at all.
        """
        try:
            async with asyncio.timeout(OPERATION_TIMEOUT):
                return await self._run(work)
        except TimeoutError as error:
            raise CacheUnavailable(f"The cache in {self._folder} does not answer.") from error

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except Exception as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise CacheUnavailable(
                f"The cache in {self._folder} cannot be used ({reason})."
            ) from error
