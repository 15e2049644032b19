"""Writes files so that they are there whole, and stay, or are not there at all."""

import os
import re
import sys
from collections.abc import Collection
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

if sys.platform == "darwin":
    from fcntl import F_FULLFSYNC, fcntl


PARTIAL_NAME = re.compile(r"^\.(?P<stem>.+)\.(?P<suffix>\w+)\.(?P<writer>[\w-]+)\.\w+\.part$")
"""What a file is called until it is whole."""


def write_durably(folder: Path, stem: str, suffix: str, data: bytes, *, writer: str) -> Path:
    """Put `data` under `folder/stem.suffix` and return that path, absolute.

    Bytes and name survive a power cut once this returns. Until the rename the bytes have a name
    that starts with a dot and tells who writes. A file that is there already is never
    overwritten: equal bytes share it, others get a number behind the stem. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{stem}.{suffix}"
    if path.exists() and path.read_bytes() == data:
        return path.absolute()
    part = folder / f".{stem}.{suffix}.{writer}.{uuid4().hex[:8]}.part"
    try:
        _write_and_sync(part, data)
        path = _renamed(part, path, data)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    _sync_folder(folder)
    return path.absolute()


def finish_partial_files(folder: Path, living: Collection[str]) -> None:
    """Finish what the dead began to write in this folder, or take it away. Raises OSError.

    A picture whose bytes are those that its name promises is whole, and only lacks the name.
    """
    for part in [*folder.glob(".*.part")] if folder.is_dir() else []:
        told = PARTIAL_NAME.match(part.name)
        if told is None or told["writer"] in living:
            continue
        data = part.read_bytes()
        if told["stem"] == f"img_{sha256(data).hexdigest()[:32]}":
            _renamed(part, folder / f"{told['stem']}.{told['suffix']}", data)
        part.unlink(missing_ok=True)
        _sync_folder(folder)


def _renamed(part: Path, wanted: Path, data: bytes) -> Path:
    path, number = wanted, 1
    while True:
        if not path.exists():
            with suppress(FileExistsError):  # Windows, if somebody was faster
                return part.rename(path)
        if path.read_bytes() == data:
            return path
        number += 1
        path = wanted.with_stem(f"{wanted.stem}-{number}")


def _write_and_sync(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        _sync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open folders; its rename is durable with the journal
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def _sync(descriptor: int) -> None:
    if sys.platform == "darwin":  # its fsync stops short of the disk
        fcntl(descriptor, F_FULLFSYNC)
    else:
        os.fsync(descriptor)
