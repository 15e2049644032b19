"""Incoming files as temporary files without a name, which the system itself removes."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TypeVar

from domain.errors import ArchiveUnavailable

T = TypeVar("T")

BUFFER = 1_000_000
"""Bytes that a file holds in memory, so that it does not take a thread for each packet."""


class TemporaryFiles:
    """IncomingFiles in `folder`, which is created with the first one.

    Where the system can, a file never has a name; elsewhere it loses its name when it is opened.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def create(self, name: str, /) -> "NamelessFile":
        def create() -> IO[bytes]:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return TemporaryFile(dir=self._folder, prefix=".upload-")

        file = await _in_thread(create, self._folder)
        return NamelessFile(file, name, self._folder)


class NamelessFile:
    """An IncomingFile over an open file."""

    def __init__(self, file: IO[bytes], name: str, folder: Path) -> None:
        self.name = name
        self._file = file
        self._folder = folder
        self._buffer = bytearray()
        self._written = 0

    @property
    def size(self) -> int:
        return self._written + len(self._buffer)

    async def write(self, data: bytes, /) -> None:
        self._buffer += data
        if len(self._buffer) >= BUFFER:
            await self._flush()

    async def read(self) -> bytes:
        await self._flush()

        def read() -> bytes:
            self._file.seek(0)
            return self._file.read()

        return await _in_thread(read, self._folder)

    async def replace(self, data: bytes, /) -> None:
        self._buffer.clear()

        def replace() -> None:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(data)
            self._file.flush()

        await _in_thread(replace, self._folder)
        self._written = len(data)

    def close(self) -> None:
        self._buffer.clear()
        self._file.close()

    async def _flush(self) -> None:
        data, self._buffer = self._buffer, bytearray()
        self._written += len(data)

        def write() -> None:
            self._file.seek(0, 2)
            self._file.write(data)
            self._file.flush()  # a full disk is noticed now, not at the end

        if data:
            await _in_thread(write, self._folder)


async def _in_thread(work: Callable[[], T], folder: Path) -> T:
    try:
        return await asyncio.to_thread(work)
    except (OSError, ValueError) as error:  # ValueError: the file is closed
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ArchiveUnavailable(
            f"The upload could not be written to {folder} ({reason})."
        ) from error
