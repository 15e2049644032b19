"""Reads files that this store may have written, and nothing else.

Anything else that has an image's name is never opened: reading a FIFO would hang a thread, and a
sparse file would take all memory.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

MAX_BYTES = 128_000_000
"""No file of this store is larger: it is the limit of a provider's reply with all its images."""


class RegularFile(NamedTuple):
    """A file, and its size in bytes when its folder was read. `proof`: see `proofs`."""

    path: Path
    size: int
    proof: Path | None = None


def regular_size(path: Path) -> int | None:
    """The size in bytes of a regular file, or None for anything else, symbolic links included.

    None also if nothing has this name. Raises OSError for other failures.
    """
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a zero byte
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def read_regular(path: Path, *, size: int | None = None) -> bytes | None:
    """The bytes of a regular file of this size, or of at most MAX_BYTES if `size` is None.

    None for anything else. Raises OSError.
    """
    found = regular_size(path)
    if found is None or found > MAX_BYTES or size not in (None, found):
        return None
    with path.open("rb") as file:
        return file.read(found)


def has_bytes(path: Path, data: bytes) -> bool:
    """Whether this is a regular file with exactly these bytes. Raises OSError."""
    return read_regular(path, size=len(data)) == data


def regular_files(folder: Path, wanted: Callable[[str], object]) -> Iterator[RegularFile]:
    """The regular files whose names are `wanted`, in any order. Raises OSError.

    Yields none if `folder` is not a folder.
    """
    if folder.is_dir():
        with os.scandir(folder) as entries:
            for entry in entries:
                if wanted(entry.name) and entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):
                        yield RegularFile(Path(entry), entry.stat(follow_symlinks=False).st_size)
