"""Who is at work in a data folder: each process holds a lock there for as long as it lives.

The system lets go of a lock however its process ends. Process numbers would say less: they are
given anew, and mean nothing to a process in another container that shares the folder.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

REGISTRY_LOCK = "door.lock"
REGISTRY_LOCK_TIMEOUT = 60.0
"""Seconds; behind it somebody may wait for a database that is busy."""


class ProcessLease:
    """Our own process at work, from now until `close`; raises OSError where that cannot be said."""

    def __init__(self, folder: Path) -> None:
        self.id = f"{os.getpid()}-{uuid4().hex[:8]}"
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _lock(folder / f"{self.id}.lock")
        with self._registry_lock():
            self._lock.acquire(blocking=False)

    @contextmanager
    def exclusive(self) -> Iterator[set[str]]:
        """The ids of all who are at work; nobody comes or goes until the block ends.

        After it the dead are forgotten, unless it raised.
        """
        with self._registry_lock():
            locks = [path for path in self._folder.glob("*.lock") if path.name != REGISTRY_LOCK]
            free = [path for path in locks if _is_free(path)]
            yield {path.stem for path in locks if path not in free}
            for path in free:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Say that nothing is left to be settled."""
        with suppress(OSError), self._registry_lock():
            Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    def _registry_lock(self) -> FileLock:
        """Held by whoever comes, goes, or looks who is here: so nobody is seen half come."""
        return _lock(self._folder / REGISTRY_LOCK)


def _lock(path: Path) -> FileLock:
    return FileLock(path, timeout=REGISTRY_LOCK_TIMEOUT, mode=0o600, thread_local=False)


def _is_free(path: Path) -> bool:
    lock = _lock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    lock.release()
    return True
