"""Images as files on this machine."""

import asyncio
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from errno import EACCES, EDQUOT, ENOSPC, EPERM, EROFS
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeVar

from adapters.image_store.durable_write import TRASH, prove, write_durably
from adapters.image_store.file_index import FileIndex, find_by_digest, find_equal
from adapters.image_store.file_names import derived_stem, image_stem
from adapters.image_store.partial_files import PartialFiles
from adapters.image_store.regular_files import read_regular
from adapters.image_store.trash_folder import move_back, move_to_trash, remove
from domain.errors import ArchiveUnavailable
from domain.image import Image, StoredRef

T = TypeVar("T")

MIN_FREE_BYTES = 64_000_000
"""Free bytes that the disk must have before an image is paid for: four images of the largest size,
and a margin."""
FULL_WITH_TRASH = (
    "Free up disk space: `gpt-image images empty-trash` deletes the images in the trash for good."
)


class FileImageStore:
    """An ImageStore whose refs are absolute paths.

    Images are written to `folder`, or to `fallback` if that fails. Folders are created with their
    first file. An image in the trash is in a hidden folder beside its place. All disk access runs
    in threads of its own, so that a slow disk delays nothing else.
    """

    def __init__(
        self, folder: Path, *, fallback: Path, quarantine: Path, writer: Callable[[], str]
    ) -> None:
        """`writer` returns the ID of this process; it runs in a thread and may raise OSError."""
        self._folder = folder
        self._fallback = fallback
        self._quarantine = quarantine
        self._writer = writer
        self._partial_files = [PartialFiles(each) for each in dict.fromkeys((folder, fallback))]
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="images")

    async def check_writable(self) -> None:
        folder = self._folder
        await self._run(lambda: _probe(folder), f"Images cannot be stored in {folder}")

    async def put(
        self, image: Image, /, *, title: str = "", derived_from: str | None = None
    ) -> StoredRef:
        folder, suffix = self._folder, image.format.extension
        last = self._fallback if derived_from is None else folder

        def write() -> Path:
            if derived_from is not None:
                stem = derived_stem(derived_from, title)
                prove(folder, stem, suffix, image.data)
                return self._write((folder,), stem, suffix, image.data)
            stem, folders = image_stem(title, image.digest), (folder, self._fallback)
            return find_equal(folder, image) or self._write(folders, stem, suffix, image.data)

        path = await self._run(write, f"The image could not be written to {last}")
        return _stored(path)

    async def get(self, ref: str, /, *, size: int | None = None) -> Image | None:
        return await self._run(lambda: _read(Path(ref), size), "The image could not be read")

    async def find(self, image_id: str, /) -> StoredRef | None:
        digest = image_id.removeprefix("img_")

        def find() -> Path | None:
            folders = dict.fromkeys((self._folder, self._fallback))
            return next(filter(None, (find_by_digest(each, digest) for each in folders)), None)

        path = await self._run(find, "The images could not be searched")
        return _stored(path) if path else None

    async def sizes(self, refs: Collection[str], /, *, trashed: bool = False) -> Mapping[str, int]:
        index = self._trash_index(refs) if trashed else FileIndex(refs, self._folder)
        return await self._run(
            lambda: {ref: sum(file.size for file in index.named(ref)) for ref in refs},
            "The sizes of the images could not be read",
        )

    async def delete(self, refs: Collection[str], /) -> int:
        index = FileIndex(refs, self._folder)
        return await self._run(
            lambda: remove({file for ref in refs for file in index.own(ref)}),
            "The image could not be deleted",
        )

    async def trash(self, refs: Collection[str], /) -> int:
        index = FileIndex(refs, self._folder)
        return await self._run(
            lambda: move_to_trash({file for ref in refs for file in index.own(ref)}),
            "The image could not be moved to the trash",
        )

    async def restore(self, refs: Collection[str], /) -> Mapping[str, StoredRef]:
        index = self._trash_index(refs)

        def restore() -> Mapping[str, StoredRef]:
            paths = {ref: move_back(Path(ref), index.own(ref)) for ref in refs}
            return {ref: _stored(path) for ref, path in paths.items() if path is not None}

        return await self._run(restore, "The image could not be taken out of the trash")

    async def empty_trash(self, refs: Collection[str], /) -> int:
        index = self._trash_index(refs)
        return await self._run(
            lambda: remove({file for ref in refs for file in index.own(ref)}),
            "The trash could not be emptied",
        )

    async def quarantine(self, data: bytes, /, *, job_id: str, suffix: str = "bin") -> str:
        folder = self._quarantine
        return await self._run(
            lambda: str(self._write((folder,), job_id, suffix, data)),
            f"The data could not be written to {folder}",
        )

    async def finish_partial_writes(self, active: Collection[str], /) -> None:
        def finish() -> None:
            for partial_files in self._partial_files:
                partial_files.finish(active)

        await self._run(finish, "Partial files could not be completed or removed")

    def close(self) -> None:
        """Start no more work; do not wait for work that is running."""
        self._threads.shutdown(wait=False)

    def _trash_index(self, refs: Collection[str]) -> FileIndex:
        return FileIndex(refs, self._folder, below=TRASH)

    def _write(self, folders: tuple[Path, ...], stem: str, suffix: str, data: bytes) -> Path:
        """Write to the first folder that works; raise OSError if none does."""
        writer = self._writer()
        for folder in folders[:-1]:
            with suppress(OSError):
                return write_durably(folder, stem, suffix, data, writer=writer)
        return write_durably(folders[-1], stem, suffix, data, writer=writer)

    async def _run(self, work: Callable[[], T], message: str) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ArchiveUnavailable(f"{message} ({reason}).", hint=self._hint(error)) from error

    def _hint(self, error: OSError) -> str | None:
        """What to do about permissions or a full disk, None for other errors."""
        if error.errno in (ENOSPC, EDQUOT) and (self._folder / TRASH).is_dir():
            return FULL_WITH_TRASH
        if error.errno not in (EACCES, EPERM, EROFS):
            return None
        user = os.geteuid() if hasattr(os, "geteuid") else None
        return ArchiveUnavailable.permission_hint("OUTPUT_DIR", self._folder, user)


def _stored(path: Path) -> StoredRef:
    absolute = str(path.absolute())
    return StoredRef(ref=absolute, local_path=absolute)


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
