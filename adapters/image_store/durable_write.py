"""Writes files as a whole: each is complete and survives a power cut, or does not exist."""

import logging
import os
import re
import sys
from collections.abc import Collection
from contextlib import suppress
from errno import EINVAL, ENOSYS, ENOTSUP, ENOTTY, EOPNOTSUPP
from functools import cache
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from adapters.image_store.file_index import find_equal
from adapters.image_store.file_names import numbered, parse
from adapters.image_store.proofs import proof_of
from adapters.image_store.regular_files import has_bytes, read_regular, regular_files
from domain.image import Image

if sys.platform == "darwin":
    from fcntl import F_FULLFSYNC, fcntl


PARTIAL_NAME = re.compile(
    r"^\.(?P<stem>.+)\.(?P<suffix>\w+)\.(?P<writer>[\w-]+)\.(?:(?P<digest>[0-9a-f]{16})-)?\w+\.part$"
)
"""The name of a file until it is complete; without a digest if the first versions wrote it."""
TRASH = ".trash"
"""The folder of deleted images in a folder of images: each still has its name."""
CANNOT_SYNC = (EINVAL, ENOSYS, ENOTSUP, ENOTTY, EOPNOTSUPP)
"""The error numbers of file systems that cannot sync, such as network shares and FUSE."""
logger = logging.getLogger(__name__)


def write_durably(folder: Path, stem: str, suffix: str, data: bytes, *, writer: str) -> Path:
    """Write `data` to `folder/stem.suffix` and return that path, absolute.

    Bytes and name survive a power cut once this returns, unless the file system cannot sync: then
    a warning is logged, once for each folder. Until then, the file has a name that
    starts with a dot and contains the writer's ID. An existing file is never overwritten: equal
    bytes share it, others get a number after the stem, also if they are in the TRASH of the folder.
    Raises OSError, and then leaves no file.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{stem}.{suffix}"
    if has_bytes(path, data):
        return path.absolute()
    digest = sha256(data).hexdigest()
    partial = folder / f".{stem}.{suffix}.{writer}.{digest[:16]}-{uuid4().hex[:8]}.part"
    try:
        _write_and_sync(partial, data)
        path = _rename(partial, path, data)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    sync_folder(folder)
    return path.absolute()


def prove(folder: Path, stem: str, suffix: str, data: bytes) -> None:
    """Write the proof for a file that was made from an image. Raises OSError."""
    proof = proof_of(folder, f"{stem}.{suffix}", sha256(data).hexdigest())
    if proof is not None and not proof.exists():
        proof.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        proof.touch(0o600)
        sync_folder(proof.parent)
        sync_folder(folder)


def finish_partial_files(folder: Path, active: Collection[str]) -> None:
    """Rename or remove the partial files of writers that are not `active`. Raises OSError.

    A file is complete if its bytes have the digest in its name; then it only has to be renamed,
    unless its image is there under other words.
    Files over MAX_BYTES, and whatever is not a regular file, are left unchanged.
    """
    for partial in [file.path for file in regular_files(folder, PARTIAL_NAME.match)]:
        name = PARTIAL_NAME.match(partial.name)
        if name is None or name["writer"] in active:
            continue
        data = read_regular(partial)
        if data is None:
            continue
        target = folder / f"{name['stem']}.{name['suffix']}"
        if _is_complete(name, data) and not _is_there(target, data):
            _rename(partial, target, data)
        partial.unlink(missing_ok=True)
        sync_folder(folder)


def _is_complete(name: re.Match[str], data: bytes) -> bool:
    digest = sha256(data).hexdigest()
    if name["digest"]:
        return digest.startswith(name["digest"])
    return bool(name["stem"] == f"img_{digest[:32]}")


def _is_there(target: Path, data: bytes) -> bool:
    """Whether the image is in the folder, under whatever words."""
    name, image = parse(target.name), Image(data)
    is_derived = name is not None and not name.may_be(image.digest)
    return not is_derived and find_equal(target.parent, image) is not None


def _rename(partial: Path, target: Path, data: bytes) -> Path:
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


def _write_and_sync(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        try:
            _sync(file.fileno())
        except OSError as error:
            if error.errno not in CANNOT_SYNC:
                raise
            _warn(path.parent, error.strerror)


def sync_folder(folder: Path) -> None:
    """Sync the names in the folder; log what prevents it: the file is complete, and stays."""
    if os.name == "nt":  # Windows cannot open folders; NTFS journals the rename
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            _sync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        _warn(folder, error.strerror)


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
