"""Writes files so that they are there whole, and stay, or are not there at all."""

import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4


def write_durably(folder: Path, stem: str, suffix: str, data: bytes) -> Path:
    """Put `data` under `folder/stem.suffix` and return that path, absolute.

    Bytes and name survive a power cut once this returns. Until the rename the bytes have a name
    that starts with a dot. A file that is there already is never overwritten: equal bytes share
    it, others get a number behind the stem. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path, number = folder / f"{stem}.{suffix}", 1
    while path.exists():
        if path.read_bytes() == data:
            return path.absolute()
        number += 1
        path = folder / f"{stem}-{number}.{suffix}"
    part = folder / f".{stem}.{os.getpid()}-{uuid4().hex[:8]}.part"
    try:
        _write_and_sync(part, data)
        part.rename(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    _sync_folder(folder)
    return path.absolute()


def _write_and_sync(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open folders; its rename is durable with the journal
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
