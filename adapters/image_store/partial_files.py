"""Finishes the files whose writers ended before they were complete."""

import os
import re
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

from adapters.image_store.durable_write import (
    PARTIALS,
    is_for_partials,
    remove_partials,
    rename,
    sync_names,
)
from adapters.image_store.file_index import find_equal
from adapters.image_store.file_names import parse
from adapters.image_store.regular_files import read_regular, regular_files
from domain.image import Image

PARTIAL_NAME = re.compile(
    r"^\.(?P<stem>.+)\.(?P<suffix>\w+)\.(?P<writer>[\w-]+)\.(?:(?P<digest>[0-9a-f]{16})-)?\w+\.part$"
)
"""The name of a file until it is complete; without a digest if the first versions wrote it."""


class PartialFiles:
    """The unfinished files of a folder of images: in its PARTIALS, and maybe beside the images.

    Beside them are those of earlier versions, and those that could not be in PARTIALS. To find them
    takes reading the names of all images, so that happens only until none is left there, or
    if PARTIALS cannot be used. A file that an earlier version leaves there after that is
    finished by the next process.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._may_be_beside = True

    def finish(self, active: Collection[str]) -> None:
        """Rename or remove the partial files of writers that are not `active`. Raises OSError.

        A file is complete if its bytes have the digest in its name; then it only has to be renamed,
        unless its image is there under other words.
        Files over MAX_BYTES, and whatever is not a regular file, are left unchanged.
        """
        partials = self._folder / PARTIALS
        if is_for_partials(partials):
            self._finish_in(partials, active)
            remove_partials(self._folder)
        if self._may_be_beside or not _is_usable(partials):
            self._may_be_beside = self._finish_in(self._folder, active)

    def _finish_in(self, place: Path, active: Collection[str]) -> bool:
        """Finish the partial files in this place; return whether writers are active there."""
        is_active = False
        for partial in [file.path for file in regular_files(place, PARTIAL_NAME.match)]:
            name = PARTIAL_NAME.match(partial.name)
            if name is not None and name["writer"] in active:
                is_active = True
            elif name is not None:
                self._finish(partial, name)
        return is_active

    def _finish(self, partial: Path, name: re.Match[str]) -> None:
        data = read_regular(partial)
        if data is None:
            return
        target = self._folder / f"{name['stem']}.{name['suffix']}"
        if _is_complete(name, data) and not _is_there(target, data):
            rename(partial, target, data)
        partial.unlink(missing_ok=True)
        sync_names(partial.parent, self._folder)


def _is_usable(partials: Path) -> bool:
    """Whether writers can use it or make it."""
    if is_for_partials(partials):
        return os.access(partials, os.W_OK | os.X_OK)
    return not os.path.lexists(partials)


def _is_complete(name: re.Match[str], data: bytes) -> bool:
    digest = sha256(data).hexdigest()
    if name["digest"]:
        return digest.startswith(name["digest"])
    return bool(name["stem"] == f"img_{digest[:32]}")


def _is_there(target: Path, data: bytes) -> bool:
    """Whether the image is in the folder, under whatever words."""
    name, image = parse(target.name), Image(data)
    is_derived = name is not None and not name.may_be(image.digest)
    return not is_derived and find_equal(target.parent, image) is not None
