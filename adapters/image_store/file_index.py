"""Finds the files of images: the image itself, and its renditions beside it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

IMAGE_ID = re.compile(r"^img_[0-9a-f]{32}(?=[.-])")
"""How the names of all files of an image begin."""


class FileIndex:
    """The files in the folders of images, by the image ID with which their names begin.

    Each folder is read once, so that looking for thousands of images takes no longer.
    """

    def __init__(self, *folders: Path) -> None:
        """Look in these folders, and in the one of each ref."""
        self._everywhere = folders
        self._folders: dict[Path, dict[str, list[Path]]] = {}

    def files(self, ref: str) -> Iterator[Path]:
        """All files of the image at this ref. None for a file whose name is no image ID."""
        path = Path(ref)
        image_id = IMAGE_ID.match(path.name)
        if image_id is not None:
            for folder in dict.fromkeys((path.parent, *self._everywhere)):
                yield from self._read(folder).get(image_id[0], [])

    def _read(self, folder: Path) -> dict[str, list[Path]]:
        if folder not in self._folders:
            found = self._folders[folder] = defaultdict(list)
            for file in folder.iterdir() if folder.is_dir() else ():
                if image_id := IMAGE_ID.match(file.name):
                    found[image_id[0]].append(file)
        return self._folders[folder]


def file_size(file: Path) -> int:
    """Return the bytes of a file, 0 if it is gone."""
    with suppress(FileNotFoundError):
        return file.stat().st_size
    return 0
