"""Finds the files of images: each image itself, and its renditions next to it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from adapters.image_store.regular_files import may_be_ours, regular_files, regular_size

IMAGE_ID = re.compile(r"^img_[0-9a-f]{32}(?=[.-])")
"""The beginning of the names of all files of an image."""


class FileIndex:
    """The regular files in folders of images, by the image ID at the beginning of their names.

    Each folder is read only once, however many images are looked up.
    """

    def __init__(self, *folders: Path) -> None:
        """Search these folders, and the folder of each ref."""
        self._always_searched = folders
        self._folders: dict[Path, dict[str, list[Path]]] = {}

    def files(self, ref: str) -> Iterator[Path]:
        """All files of the image at this ref; none if the file's name has no image ID.

        A file that is larger than any of this store is not one of them.
        """
        path = Path(ref)
        image_id = IMAGE_ID.match(path.name)
        if image_id is not None:
            for folder in dict.fromkeys((path.parent, *self._always_searched)):
                yield from filter(may_be_ours, self._read(folder).get(image_id[0], []))

    def _read(self, folder: Path) -> dict[str, list[Path]]:
        if folder not in self._folders:
            found = self._folders[folder] = defaultdict(list)
            for file in regular_files(folder):
                if image_id := IMAGE_ID.match(file.name):
                    found[image_id[0]].append(file)
        return self._folders[folder]


def file_size(file: Path) -> int:
    """Return the size of a regular file in bytes, 0 if it is gone."""
    return regular_size(file) or 0
