"""The trash of a folder of images: a hidden folder in it, so that a move is a rename.

No move overwrites another file, and none is lost: until its rename, a file is at its old path, and
from then on at its new one.
"""

import os
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from errno import EEXIST
from hashlib import sha256
from pathlib import Path

from adapters.image_store.durable_write import TRASH, sync_folder
from adapters.image_store.file_names import is_same_name, numbered
from adapters.image_store.proofs import remove_proof
from adapters.image_store.regular_files import RegularFile, has_bytes, read_regular, regular_size


def trash_of(folder: Path) -> Path:
    """The trash of this folder; it exists only while it has files."""
    return folder / TRASH


def move_to_trash(files: Collection[RegularFile]) -> int:
    """Move each file to the trash of its folder; return the bytes that were moved.

    A file that is in the trash already, with the same bytes, is removed. Raises OSError, among
    others if the trash has another file of this name.
    """
    moved = 0
    for file in files:
        trash = trash_of(file.path.parent)
        trash.mkdir(exist_ok=True, mode=0o700)
        target = trash / file.path.name
        with suppress(FileNotFoundError):  # the file is gone
            if os.path.lexists(target) and not _are_equal(file.path, target):
                raise FileExistsError(EEXIST, os.strerror(EEXIST))
            file.path.replace(target)
            moved += file.size
    _sync({file.path.parent for file in files})
    return moved


def move_back(ref: Path, files: Iterable[RegularFile]) -> Path | None:
    """Move the files of the image at `ref` from the trash to their folders.

    Return the path of the image: `ref`, or one with a number if another file took its name. None
    if the image is neither in the trash nor at `ref`. Raises OSError.
    """
    found = [*files]
    image = next((file.path for file in found if is_same_name(file.path, ref)), None)
    if image is None and regular_size(ref) is None:
        return None
    path = ref if image is None else _move(image, ref)
    for file in found:
        if file.path != image:
            name = re.sub(f"^{re.escape(ref.stem)}", path.stem, file.path.name)
            _move(file.path, file.path.parent.parent / name)
    folders = {file.path.parent.parent for file in found}
    _sync(folders)
    return path


def remove(files: Collection[RegularFile]) -> int:
    """Delete these files, their proofs, and folders of the trash and of proofs that are empty then.

    Return the freed bytes.
    """
    freed = 0
    for file in files:
        with suppress(FileNotFoundError):
            file.path.unlink()
            freed += file.size
        if file.proof is not None:
            remove_proof(file.proof)
    for folder in {file.path.parent for file in files}:
        _remove_if_empty(folder)
    return freed


def _move(source: Path, target: Path) -> Path:
    """Move to `target`, or to a name with a number if it has other bytes; return the path."""
    path, number, digest = target, 1, sha256(read_regular(source) or b"").hexdigest()
    while os.path.lexists(path) and not _are_equal(source, path):
        number += 1
        path = numbered(target, digest, number)
    return source.replace(path)


def _are_equal(one: Path, other: Path) -> bool:
    data = read_regular(one)
    return data is not None and has_bytes(other, data)


def _sync(folders: Collection[Path]) -> None:
    for folder in folders:
        sync_folder(folder)
        trash = trash_of(folder)
        if trash.is_dir():
            sync_folder(trash)
            _remove_if_empty(trash)


def _remove_if_empty(folder: Path) -> None:
    if folder.name == TRASH:
        with suppress(OSError):
            folder.rmdir()
