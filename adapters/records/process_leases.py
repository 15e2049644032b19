"""The processes that write to a data folder: each one holds a lock on a file of its own.

The operating system releases a lock however its process ends. Process IDs would not do: they are
reused, and mean nothing to a process in another container that shares the folder.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

REGISTRY_LOCK = "door.lock"
"""Earlier versions use this name too."""
REGISTRY_LOCK_TIMEOUT = 60.0
"""Seconds; the process that holds it may be waiting for a busy database."""


class ProcessLease:
    """Registers this process as a writer, from now until `close`. Methods raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.id = f"{os.getpid()}-{uuid4().hex[:8]}"
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _lock(folder / f"{self.id}.lock")
        with self._registry_lock():
            self._lock.acquire(blocking=False)

    @contextmanager
    def exclusive(self) -> Iterator[set[str]]:
        """Yield the IDs of all active writers; none starts or ends before the block does.

        After the block, the lock files of ended processes are removed, unless it raised.
        """
        with self._registry_lock():
            files = filter(_is_regular, self._folder.glob("*.lock"))
            locks = [path for path in files if path.name != REGISTRY_LOCK]
            free = [path for path in locks if _is_free(path)]
            yield {path.stem for path in locks if path not in free}
            for path in free:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """End the registration: this process leaves nothing to recover. Raises nothing."""
        with suppress(OSError), self._registry_lock():
            Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    def _registry_lock(self) -> FileLock:
        """Held while a process starts, ends or lists the writers, so that no list is incomplete."""
        return _lock(self._folder / REGISTRY_LOCK)


def _lock(path: Path) -> FileLock:
    return FileLock(path, timeout=REGISTRY_LOCK_TIMEOUT, mode=0o600, thread_local=False)


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _is_free(path: Path) -> bool:
    lock = _lock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    lock.release()
    return True
