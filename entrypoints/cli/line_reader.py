"""Reads lines without a thread, which would still wait for one when the program ends."""

import asyncio
import os
from contextlib import suppress
from typing import TextIO

CHUNK_BYTES = 64_000


class LineReader:
    """The lines of a terminal, a pipe or a file.

    Bytes that are no text are lone surrogates, which no request may have. Reading can be canceled,
    except on Windows and without a descriptor: there a thread reads.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._unread = b""
        self._descriptor: int | None = None
        with suppress(OSError):  # it has none
            self._descriptor = None if os.name == "nt" else file.fileno()

    async def next(self) -> str:
        """The next line with its end; empty at the end of the input, which a terminal may pass."""
        if self._descriptor is None:
            return await asyncio.to_thread(self._file.readline)
        while b"\n" not in self._unread:
            await _wait_until_readable(self._descriptor)
            chunk = os.read(self._descriptor, CHUNK_BYTES)
            if not chunk:
                break
            self._unread += chunk
        line, end, self._unread = self._unread.partition(b"\n")
        return (line + end).decode(self._file.encoding, "surrogateescape")


async def _wait_until_readable(descriptor: int) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    with suppress(PermissionError):  # a file, which always is
        loop.add_reader(descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(descriptor)
