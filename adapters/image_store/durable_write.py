"""Writes files as a whole: each is complete and survives a power cut, or does not exist."""

import logging
import os
import stat
import sys
from contextlib import suppress
from errno import EINVAL, ENOSYS, ENOTDIR, ENOTSUP, ENOTTY, EOPNOTSUPP
from functools import cache
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from adapters.image_store.file_names import numbered
from adapters.image_store.proofs import proof_of
from adapters.image_store.regular_files import has_bytes

if sys.platform == "darwin":
    from fcntl import F_FULLFSYNC, fcntl


PARTIALS = ".partial"
"""The folder of unfinished files in a folder of images. It exists only while it has files."""
TRASH = ".trash"
"""The folder of deleted images in a folder of images: each still has its name."""
CREATE_ATTEMPTS = 10
"""Times that the folder of unfinished files is made while other writers remove it."""
CANNOT_SYNC = (EINVAL, ENOSYS, ENOTSUP, ENOTTY, EOPNOTSUPP)
"""The error numbers of file systems that cannot sync, such as network shares and FUSE."""
logger = logging.getLogger(__name__)


def write_durably(folder: Path, stem: str, suffix: str, data: bytes, *, writer: str) -> Path:
    """Write `data` to `folder/stem.suffix` and return that path, absolute.

    Bytes and name survive a power cut once this returns, unless the file system cannot sync: then
    a warning is logged, once for each folder. Until then, the file is in the PARTIALS of the
    folder, or in the folder itself if it cannot be there. Its name starts with a dot and contains
    the writer's ID. An existing file is never overwritten: equal bytes share it, others get a
    number after the stem, also if they are in the TRASH of the folder.
    Raises OSError, and then leaves no file.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{stem}.{suffix}"
    if has_bytes(path, data):
        return path.absolute()
    digest = sha256(data).hexdigest()
    name = f".{stem}.{suffix}.{writer}.{digest[:16]}-{uuid4().hex[:8]}.part"
    try:
        path = _write(folder / PARTIALS / name, path, data)
    except OSError:  # such as a file of the user at PARTIALS
        remove_partials(folder)
        path = _write(folder / name, path, data)
    return path.absolute()


def rename(partial: Path, target: Path, data: bytes) -> Path:
    """Give a complete file its name, or one with a number; return where the bytes are.

    If they are there already, the partial file stays. Raises OSError.
    """
    path, number, digest = target, 1, sha256(data).hexdigest()
    while True:
        trashed = path.parent / TRASH / path.name
        if not os.path.lexists(path) and (not os.path.lexists(trashed) or has_bytes(trashed, data)):
            with suppress(FileExistsError):  # Windows, if another process was faster
                return partial.rename(path)
        if has_bytes(path, data):
            return path
        number += 1
        path = numbered(target, digest, number)


def sync_names(place: Path, folder: Path) -> None:
    """Sync the folder of images, after a name in `place` was moved into it or removed.

    The folder of images is synced first, so that a power cut loses no file. The old name has to
    go as well before this returns: if a power cut brought it back, the next recovery would
    store an image again that was deleted since.
    """
    is_left = place != folder and not remove_partials(folder)
    sync_folder(folder)
    if is_left:
        sync_folder(place)


def remove_partials(folder: Path) -> bool:
    """Remove the PARTIALS of the folder if they are empty; whether they were."""
    with suppress(OSError):
        (folder / PARTIALS).rmdir()
        return True
    return False


def prove(folder: Path, stem: str, suffix: str, data: bytes) -> None:
    """Write the proof for a file that was made from an image. Raises OSError."""
    proof = proof_of(folder, f"{stem}.{suffix}", sha256(data).hexdigest())
    if proof is not None and not proof.exists():
        proof.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        proof.touch(0o600)
        sync_folder(proof.parent)
        sync_folder(folder)


def is_for_partials(path: Path) -> bool:
    """Whether this is a folder, from which a file can be renamed into the folder that it is in."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_dev == path.parent.stat().st_dev


def _write(partial: Path, target: Path, data: bytes) -> Path:
    """Write the partial file and rename it; return where the bytes are."""
    folder = target.parent
    create = _create if partial.parent == folder else _create_in_partials
    descriptor = create(partial)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            _sync_file(file.fileno(), folder)
        return rename(partial, target, data)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        sync_names(partial.parent, folder)


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _create_in_partials(path: Path) -> int:
    """Create the file, and its folder if other writers have none there."""
    for _ in range(CREATE_ATTEMPTS):
        with suppress(FileExistsError):
            path.parent.mkdir(mode=0o700)
        if is_for_partials(path.parent):
            with suppress(FileNotFoundError):  # another writer removed it, because it was empty
                return _create(path)
        elif os.path.lexists(path.parent):
            break
    raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR))


def _sync_file(descriptor: int, folder: Path) -> None:
    try:
        _sync(descriptor)
    except OSError as error:
        if error.errno not in CANNOT_SYNC:
            raise
        _warn(folder, error.strerror)


def sync_folder(folder: Path) -> None:
    """Sync the names in the folder; log what prevents it: the file is complete, and stays.

    If the folder is gone, its removal is synced.
    """
    if os.name == "nt":  # Windows cannot open folders; NTFS journals the rename
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            _sync(descriptor)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        sync_folder(folder.parent)
    except OSError as error:
        _warn(folder.parent if folder.name == PARTIALS else folder, error.strerror)


def _sync(descriptor: int) -> None:
    if sys.platform == "darwin":  # its fsync does not reach the disk
        with suppress(OSError):  # network shares have only fsync
            fcntl(descriptor, F_FULLFSYNC)
            return
    os.fsync(descriptor)


@cache
def _warn(folder: Path, reason: str | None) -> None:
    logger.warning(
        "%s: the file system cannot sync (%s). A power cut may lose the newest images there.",
        folder,
        reason,
    )
