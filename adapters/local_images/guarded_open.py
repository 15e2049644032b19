"""Opens a regular file below some folders, the roots, and no other file whatever happens meanwhile.

On POSIX each folder of a path is opened from the one above, so that no link is followed unseen. A
link is read, and its target looked up from the start: it must be below a root too. Elsewhere the
file is opened first, and its place is checked before a byte is read.
"""

import os
import stat
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from adapters.local_images.local_paths import parts_below
from adapters.local_images.refusal import Refused

MAX_LINKS = 40
"""Links on the way to one file, as in Linux."""
MAX_ENTRIES = 10_000
"""Names of a folder that are compared with one that it does not have."""
SYSTEM = ("/dev", "/proc", "/sys")
"""Folders without images, where reading a file may have effects."""
OUTSIDE = "It is outside the folders that this server may read."
CHANGED = "It was replaced while it was being opened."
IS_WINDOWS = os.name == "nt"
CAN_WALK = os.open in os.supports_dir_fd and os.stat in os.supports_dir_fd
FOLDER_ONLY = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
FOLDER = FOLDER_ONLY | getattr(os, "O_PATH", os.O_RDONLY)
UNFOLLOWED = getattr(os, "O_NOFOLLOW", 0)
FILE = (
    os.O_RDONLY
    | UNFOLLOWED
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO that takes the file's place does not block
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def open_below(path: str, roots: Sequence[str]) -> int:
    """Return a descriptor of the regular file at this absolute path. Blocks, but not for long.

    Raises Refused if the path, or a link on its way, leads to a place that is not below a root, or
    if it is no regular file; OSError if it cannot be opened.
    """
    if not CAN_WALK:
        return open_and_check(path, roots)
    for _ in range(MAX_LINKS):
        root, parts = _located(path, roots)
        found = _walk(root, parts)
        if isinstance(found, int):
            return found
        path = found
    raise Refused("It is behind too many links.")


def _located(path: str, roots: Sequence[str]) -> tuple[str, list[str]]:
    """The root that a path is below, without links, and the names that lead from it to the path."""
    for root in roots:
        real = os.path.realpath(root)
        for each in (root, real):
            parts = parts_below(path, each, windows=IS_WINDOWS)
            if parts:
                _check_ordinary(str(Path(real, *parts)))
                return real, parts
    raise Refused(OUTSIDE)


def _check_ordinary(path: str) -> None:
    if any(f"{path}/".startswith(f"{each}/") for each in SYSTEM):
        raise Refused("It is a file of the operating system.")


def _walk(root: str, parts: Sequence[str]) -> int | str:
    """A descriptor of the file, or the path that a link on the way leads to."""
    folder = os.open(root, FOLDER)
    try:
        for at, part in enumerate(parts):
            name, status = look_up(part, folder)
            if stat.S_ISLNK(status.st_mode):
                target = os.readlink(name, dir_fd=folder)
                return os.path.normpath(Path(root, *parts[:at], target, *parts[at + 1 :]))
            if at == len(parts) - 1:
                return _open_file(name, folder, status)
            inner = os.open(name, FOLDER | UNFOLLOWED, dir_fd=folder)
            os.close(folder)
            folder = inner
    finally:
        os.close(folder)
    raise AssertionError("a path below a root has at least one name")


def look_up(name: str, folder: int) -> tuple[str, os.stat_result]:
    """The name of an entry of this folder as it is on the disk, and its status, also of a link.

    Clients write letters with accents, and the narrow blank in the names of screenshots, in another
    form than the disk has. Raises OSError.
    """
    try:
        return name, os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        (only,) = _similar(name, folder) or [name]
        return only, os.stat(only, dir_fd=folder, follow_symlinks=False)


def _similar(name: str, folder: int) -> list[str]:
    """The only entry of the folder that looks like this name, if there is one."""
    wanted = unicodedata.normalize("NFKC", name)
    listing = os.open(".", os.O_RDONLY | FOLDER_ONLY, dir_fd=folder)
    try:
        with os.scandir(listing) as entries:
            names = [each.name for each in islice(entries, MAX_ENTRIES)]
    finally:
        os.close(listing)
    found = [each for each in names if unicodedata.normalize("NFKC", each) == wanted]
    return found if len(found) == 1 else []


def _open_file(name: str, folder: int, status: os.stat_result) -> int:
    """A descriptor of the entry that had this status; raise Refused if it is another now."""
    _check_regular(status)
    try:
        descriptor = os.open(name, FILE, dir_fd=folder)
    except OSError as error:
        with suppress(OSError):
            now = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if not os.path.samestat(now, status):
                raise Refused(CHANGED) from error
        raise
    return _checked(descriptor, status)


def _checked(descriptor: int, status: os.stat_result) -> int:
    """The descriptor of a file that has this status; closes it and raises Refused otherwise."""
    try:
        opened = os.fstat(descriptor)
        _check_regular(opened)
        if not os.path.samestat(opened, status):
            raise Refused(CHANGED)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_regular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise Refused("It is a folder.")
    if not stat.S_ISREG(status.st_mode):
        raise Refused("It is not a regular file.")


def open_and_check(path: str, roots: Sequence[str]) -> int:
    """The same where folders have no descriptors, as in Windows.

    The file is opened before its place is known for certain, but not read.
    """
    _located(path, roots)
    real = os.path.realpath(path, strict=True)
    _located(real, roots)
    status = Path(real).lstat()
    _check_regular(status)
    descriptor = _checked(os.open(real, FILE), status)
    try:
        now = os.path.realpath(path, strict=True)
        _located(now, roots)
        if not os.path.samestat(Path(now).lstat(), status):
            raise Refused(CHANGED)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
