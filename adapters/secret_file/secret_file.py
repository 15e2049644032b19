"""A secret in a file of its own, which only its owner can read."""

import asyncio
import os
from contextlib import suppress
from errno import EINVAL, ENOSYS, ENOTSUP, ENOTTY, EOPNOTSUPP
from pathlib import Path
from secrets import token_bytes
from uuid import uuid4

from domain.errors import ArchiveUnavailable

SECRET_BYTES = 32
NO_SYNC = (EINVAL, ENOSYS, ENOTSUP, ENOTTY, EOPNOTSUPP)
"""The error numbers of file systems that cannot sync."""


class SecretFile:
    """Reads the secret at `path`, and makes it if there is none.

    The file is written under another name and then linked to its own, which fails if another
    process was first. So no process reads a part, and all of them read the same.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def secret(self) -> bytes:
        try:
            return await asyncio.to_thread(self._secret)
        except OSError as error:
            raise ArchiveUnavailable(
                f"The secret of signed links cannot be read or made ({error.strerror}).",
                hint=f"Let the server read and write {self._path.name} in DATA_DIR.",
            ) from error

    def _secret(self) -> bytes:
        try:
            return self._read()
        except FileNotFoundError:
            self._create()
            return self._read()

    def _read(self) -> bytes:
        with self._path.open("rb") as file:
            secret = file.read(SECRET_BYTES + 1)
        if len(secret) != SECRET_BYTES:
            raise ArchiveUnavailable(
                f"{self._path.name} in DATA_DIR does not have {SECRET_BYTES} bytes.",
                hint="Delete the file. The server makes a new one, and refuses older links.",
            )
        return secret

    def _create(self) -> None:
        folder = self._path.parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = folder / f".{self._path.name}.{uuid4().hex}.part"
        try:
            with open(partial, "xb", opener=_for_its_owner) as file:
                file.write(token_bytes(SECRET_BYTES))
                file.flush()
                _sync(file.fileno())
            self._publish(partial)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
        _sync_folder(folder)

    def _publish(self, partial: Path) -> None:
        """Give the file its name, unless there is one by now."""
        try:
            os.link(partial, self._path)
        except FileExistsError:
            return
        except OSError:  # a file system without hard links; two processes may both get here
            if not self._path.exists():
                partial.replace(self._path)


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open folders; NTFS journals the name
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)
