"""Images as files on this machine."""

import asyncio
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from errno import EACCES, ENOSPC, EPERM, EROFS
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeVar

from adapters.image_store.durable_write import finish_partial_files, write_durably
from adapters.image_store.file_index import FileIndex
from adapters.image_store.regular_files import RegularFile, read_regular
from domain.errors import ArchiveUnavailable
from domain.image import Image, StoredRef

T = TypeVar("T")

MIN_FREE_BYTES = 64_000_000
"""Free bytes that the disk must have before an image is paid for: four images of the largest size,
and a margin."""


class FileImageStore:
    """An ImageStore whose refs are absolute paths.

    Images are written to `folder`, or to `fallback` if that fails. Folders are created with their
    first file. All disk access runs in threads of its own, so that a slow disk delays nothing else.
    """

    def __init__(
        self, folder: Path, *, fallback: Path, quarantine: Path, writer: Callable[[], str]
    ) -> None:
        """`writer` returns the ID of this process; it runs in a thread and may raise OSError."""
        self._folder = folder
        self._fallback = fallback
        self._quarantine = quarantine
        self._writer = writer
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="images")

    async def check_writable(self) -> None:
        folder = self._folder
        await self._run(lambda: _probe(folder), f"Images cannot be stored in {folder}")

    async def put(self, image: Image, /, *, derived_from: str | None = None) -> StoredRef:
        folders = (self._folder,) if derived_from else (self._folder, self._fallback)
        stem, suffix = derived_from or image.id, image.format.extension
        path = await self._run(
            lambda: self._write(folders, stem, suffix, image.data),
            f"The image could not be written to {folders[-1]}",
        )
        return StoredRef(ref=path, local_path=path)

    async def get(self, ref: str, /, *, size: int | None = None) -> Image | None:
        return await self._run(lambda: _read(Path(ref), size), "The image could not be read")

    async def sizes(self, refs: Collection[str], /) -> Mapping[str, int]:
        index = FileIndex(self._folder)
        return await self._run(
            lambda: {ref: sum(file.size for file in index.files(ref)) for ref in refs},
            "The sizes of the images could not be read",
        )

    async def delete(self, refs: Collection[str], /) -> int:
        index = FileIndex(self._folder)
        return await self._run(
            lambda: _remove({file for ref in refs for file in index.files(ref)}),
            "The image could not be deleted",
        )

    async def quarantine(self, data: bytes, /, *, job_id: str, suffix: str = "bin") -> str:
        folder = self._quarantine
        return await self._run(
            lambda: self._write((folder,), job_id, suffix, data),
            f"The data could not be written to {folder}",
        )

    async def finish_partial_writes(self, active: Collection[str], /) -> None:
        def finish() -> None:
            for folder in (self._folder, self._fallback):
                finish_partial_files(folder, active)

        await self._run(finish, "Partial files could not be completed or removed")

    def close(self) -> None:
        """Start no more work; do not wait for work that is running."""
        self._threads.shutdown(wait=False)

    def _write(self, folders: tuple[Path, ...], stem: str, suffix: str, data: bytes) -> str:
        """Write to the first folder that works; raise OSError if none does."""
        writer = self._writer()
        for folder in folders[:-1]:
            with suppress(OSError):
                return str(write_durably(folder, stem, suffix, data, writer=writer))
        return str(write_durably(folders[-1], stem, suffix, data, writer=writer))

    async def _run(self, work: Callable[[], T], message: str) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ArchiveUnavailable(f"{message} ({reason}).", hint=self._hint(error)) from error

    def _hint(self, error: OSError) -> str | None:
        """What to do about permissions, None for other errors."""
        if error.errno not in (EACCES, EPERM, EROFS):
            return None
        user = os.geteuid() if hasattr(os, "geteuid") else None
        return ArchiveUnavailable.permission_hint("OUTPUT_DIR", self._folder, user)


def _probe(folder: Path) -> None:
    """Raise OSError if no file can be created in `folder`, which need not exist yet.

    Creates a file without a name, because permission bits do not tell on a network share.
    """
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    with TemporaryFile(dir=existing, prefix=".probe-"):
        disk = shutil.disk_usage(existing)
    if disk.free < MIN_FREE_BYTES and disk.total > 0:  # some shares tell no sizes
        raise OSError(ENOSPC, os.strerror(ENOSPC))


def _read(path: Path, size: int | None) -> Image | None:
    with suppress(OSError):
        data = read_regular(path, size=size)
        return None if data is None else Image(data)
    return None


def _remove(files: Collection[RegularFile]) -> int:
    freed = 0
    for file in files:
        with suppress(FileNotFoundError):
            file.path.unlink()
            freed += file.size
    return freed
