"""Images in a few folders of the user, for callers that run on the same machine."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from adapters.local_images.bounded_reading import read_image
from adapters.local_images.guarded_open import IS_WINDOWS, OUTSIDE, open_below
from adapters.local_images.local_paths import local_path, parts_below, spellings
from adapters.local_images.refusal import Refused
from domain.errors import UnreadableImage
from domain.image import Image
from domain.untrusted_text import single_line

ReadFolders = Callable[[], Awaitable[Sequence[str]]]
SECONDS = 30.0
"""The longest wait for a file, such as one that a cloud drive must fetch first."""
MAX_SHOWN = 200
"""Characters of a path in an error."""


async def no_folders() -> Sequence[str]:
    """No further folders."""
    return ()


class FolderImages:
    """Opens files below `folders`, and below those that `more_folders` returns when asked.

    `more_folders` returns absolute paths or file: URLs. It is asked only for a path that is below
    none of `folders`. A relative path begins in `working_folder`.
    """

    def __init__(
        self,
        folders: Sequence[str],
        *,
        home: str,
        working_folder: str | None = None,
        more_folders: ReadFolders = no_folders,
    ) -> None:
        self._folders = [os.path.normpath(each) for each in folders]
        self._path_in = partial(local_path, home=home, windows=IS_WINDOWS)
        self._working_folder = working_folder
        self._more_folders = more_folders
        self._found: list[str] = []

    @property
    def offer(self) -> str:
        *rest, last = dict.fromkeys([*self._found, *self._folders]) or [""]
        others = f"{', '.join(rest)} or " if rest else ""
        return f"the path of a file in {others}{last}" if last else ""

    async def open(self, name: str, /) -> Image | None:
        first, *others = spellings(name, windows=IS_WINDOWS)
        try:
            return await self._open(first)
        except UnreadableImage:
            for each in others:
                with suppress(UnreadableImage):
                    image = await self._open(each)
                    if image is not None:
                        return image
            raise

    async def _open(self, name: str) -> Image | None:
        try:
            path = self._path_in(name, folder=self._working_folder)
            if path is None:
                return None
            async with asyncio.timeout(SECONDS):
                roots = await self._roots_of(path)
                return Image(await asyncio.to_thread(_read, path, roots))
        except Refused as error:
            raise self._refusal(name, str(error)) from error
        except TimeoutError as error:
            reason = f"Reading it took more than {SECONDS:.0f} seconds."
            raise self._refusal(name, reason) from error
        except OSError as error:
            raise self._refusal(name, f"It cannot be read: {error.strerror or error}.") from error
        except ValueError as error:  # a lone surrogate, which no file name has
            raise self._refusal(name, "No file can have this name.") from error

    async def _roots_of(self, path: str) -> Sequence[str]:
        """The folders that the path may be below."""
        if not await asyncio.to_thread(_is_below, path, self._folders):
            self._found = [*filter(None, map(self._folder_of, await self._more_folders()))]
        roots = [*self._folders, *self._found]
        if not await asyncio.to_thread(_is_below, path, roots):
            raise Refused(OUTSIDE)
        return roots

    def _folder_of(self, name: str) -> str | None:
        """The path of a folder; None for one that is all of the disk, or that cannot be used."""
        try:
            path = self._path_in(name, folder=None)
        except Refused:
            return None
        return path if path and Path(path).parent != Path(path) else None

    def _refusal(self, name: str, reason: str) -> UnreadableImage:
        offer = self.offer
        return UnreadableImage(
            f"{single_line(name, MAX_SHOWN)} is not opened. {reason}",
            field="images",
            hint=f"Use {offer}." if offer else "Use an image that is stored here.",
        )


def _is_below(path: str, roots: Sequence[str]) -> bool:
    return any(
        parts_below(path, each, windows=IS_WINDOWS)
        for root in roots
        for each in (root, os.path.realpath(root))
    )


def _read(path: str, roots: Sequence[str]) -> bytes:
    descriptor = open_below(path, roots)
    try:
        return read_image(descriptor)
    finally:
        os.close(descriptor)
