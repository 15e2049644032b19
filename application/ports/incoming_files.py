"""Port: files of clients while they arrive."""

from typing import Protocol


class IncomingFile(Protocol):
    """A file without a name: it is gone once it is closed, and if the process is killed.

    `name` is what the client calls it. Every method but `close` raises ArchiveUnavailable, among
    others when the disk is full.
    """

    name: str

    @property
    def size(self) -> int:
        """The bytes that were written so far."""

    async def write(self, data: bytes, /) -> None:
        """Add these bytes at the end."""

    async def read(self) -> bytes:
        """Return all bytes."""

    async def replace(self, data: bytes, /) -> None:
        """Write these bytes in place of all others."""

    def close(self) -> None:
        """Delete the file; a second call does nothing."""


class IncomingFiles(Protocol):
    """Makes such files, on a disk and not in memory."""

    async def create(self, name: str, /) -> IncomingFile:
        """Return a new empty file, which the caller closes. Raises ArchiveUnavailable."""
