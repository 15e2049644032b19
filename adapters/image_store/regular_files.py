"""Reads files that this store may have written, and nothing else.

Whatever else has the name of an image is not ours, and is never opened: reading a FIFO would hang a
thread, and a sparse file would take all memory.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

MAX_BYTES = 128_000_000
"""More than any file of this store: a provider's reply with all its images is no larger."""


def regular_size(path: Path) -> int | None:
    """The size in bytes of a regular file, or None for anything else, symbolic links included.

    Raises OSError, but not if nothing has this name.
    """
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a zero byte
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def may_be_ours(path: Path) -> bool:
    """Whether it is a regular file of at most MAX_BYTES. Raises OSError."""
    size = regular_size(path)
    return size is not None and size <= MAX_BYTES


def read_regular(path: Path, *, size: int | None = None) -> bytes | None:
    """The bytes of a regular file of this size, or of at most MAX_BYTES if it is not known.

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


def regular_files(folder: Path) -> Iterator[Path]:
    """The regular files in a folder, in any order; none if it is no folder. Raises OSError."""
    if folder.is_dir():
        with os.scandir(folder) as entries:
            yield from (Path(each) for each in entries if each.is_file(follow_symlinks=False))
