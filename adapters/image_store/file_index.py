"""Finds the files of images: each image itself, and its renditions next to it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from adapters.image_store.regular_files import MAX_BYTES, RegularFile, regular_files

IMAGE_ID = re.compile(r"^img_[0-9a-f]{32}(?=[.-])")
"""The beginning of the names of all files of an image."""
ID_LENGTH = len("img_") + 32


class FileIndex:
    """The regular files in folders of images, by the image ID at the beginning of their names.

    Each folder is read only once, however many images are looked up.
    """

    def __init__(self, *folders: Path) -> None:
        """Search these folders, and the folder of each ref."""
        self._always_searched = folders
        self._folders: dict[Path, dict[str, list[RegularFile]]] = {}

    def files(self, ref: str) -> Iterator[RegularFile]:
        """All files of the image at this ref; none if the file's name has no image ID.

        Files over MAX_BYTES are left out.
        """
        path = Path(ref)
        image_id = IMAGE_ID.match(path.name)
        if image_id is not None:
            for folder in dict.fromkeys((path.parent, *self._always_searched)):
                yield from self._read(folder).get(image_id[0], [])

    def _read(self, folder: Path) -> dict[str, list[RegularFile]]:
        if folder not in self._folders:
            found = self._folders[folder] = defaultdict(list)
            for file in regular_files(folder, IMAGE_ID):
                if file.size <= MAX_BYTES:
                    found[file.path.name[:ID_LENGTH]].append(file)
        return self._folders[folder]
