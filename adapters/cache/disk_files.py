"""The files of the disk tier: bytes, and never a pickle."""

import re
import stat
from pathlib import Path
from typing import BinaryIO

from diskcache import Disk  # type: ignore[import-untyped] # it has neither types nor stubs

BINARY = 2
"""diskcache's mode for bytes in a file. Mode 4 is a pickle."""
NAME = re.compile(r"[0-9a-f]{2}[/\\][0-9a-f]{2}[/\\][0-9a-f]{28}\.val")
"""Only files with such names are opened or removed, even if a row was forged."""


class ForbiddenValue(ValueError):
    """A key, a value or a file that this cache never writes, such as a pickle."""


class BytesDisk(Disk):  # type: ignore[misc] # the base has no types
    """Reads and writes only strings as keys and bytes as values, each in a file."""

    def put(self, key: object) -> tuple[str, bool]:
        if type(key) is not str:
            raise ForbiddenValue("keys are strings")
        return key, True

    def get(self, key: object, raw: object) -> str:
        if type(key) is not str or raw != 1:
            raise ForbiddenValue("keys are strings")
        return key

    def store(self, value: object, read: bool, key: object = None) -> tuple[int, int, str, None]:
        if type(value) is not bytes or read:
            raise ForbiddenValue("values are bytes")
        name, path = self.filename()
        try:
            self._write(path, (value,), "xb")
        except BaseException:
            self.remove(name)
            raise
        return len(value), BINARY, name, None

    def fetch(self, mode: object, filename: object, value: object, read: bool) -> BinaryIO:
        """Return the open file, for the caller to close."""
        if mode != BINARY or not read or type(filename) is not str or not NAME.fullmatch(filename):
            raise ForbiddenValue("values are files that this cache wrote")
        path = Path(self._directory, filename)
        if not stat.S_ISREG(path.lstat().st_mode):  # opening a FIFO would hang
            raise ForbiddenValue("values are regular files")
        return path.open("rb")

    def remove(self, file_path: object) -> None:
        if type(file_path) is str and NAME.fullmatch(file_path):
            super().remove(file_path)
