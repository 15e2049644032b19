"""Finds the files of images: each image itself, and its renditions and previews next to it."""

from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from adapters.image_store.file_names import parse
from adapters.image_store.proofs import proof_of
from adapters.image_store.regular_files import (
    MAX_BYTES,
    RegularFile,
    has_bytes,
    read_regular,
    regular_files,
)
from domain.image import Image


class FileIndex:
    """The regular files in folders of images, by the family of their names.

    Each folder is read only once, however many images are looked up.
    """

    def __init__(self, *folders: Path, below: str = "") -> None:
        """Search these folders and the folder of each ref, or the folder `below` each of them."""
        self._always_searched = folders
        self._below = below
        self._folders: dict[Path, dict[str, list[RegularFile]]] = {}

    def named(self, ref: str) -> Iterator[RegularFile]:
        """The files that the image at this ref has according to their names.

        None if the ref has no image's name. Files over MAX_BYTES are left out.
        """
        path = Path(ref)
        name = parse(path.name)
        if name is not None:
            for folder in dict.fromkeys((path.parent, *self._always_searched)):
                yield from self._read(folder / self._below).get(name.family, [])

    def own(self, ref: str) -> Iterator[RegularFile]:
        """The same files, if their bytes have the digest in their name or a proof. Raises OSError.

        Any other file was changed, or was given such a name: it is the user's.
        """
        return (own for file in self.named(ref) if (own := self._own(file)))

    def _own(self, file: RegularFile) -> RegularFile | None:
        name, data = parse(file.path.name), read_regular(file.path)
        if name is None or data is None:
            return None
        digest, folder = sha256(data).hexdigest(), file.path.parent
        home = folder.parent if self._below else folder
        proof = proof_of(home, file.path.name, digest)
        if proof is not None and proof.exists():
            return file._replace(proof=proof)
        return file if name.proves(digest) else None

    def _read(self, folder: Path) -> dict[str, list[RegularFile]]:
        if folder not in self._folders:
            found = self._folders[folder] = defaultdict(list)
            for file in regular_files(folder, parse):
                name = parse(file.path.name)
                if name is not None and file.size <= MAX_BYTES:
                    found[name.family].append(file)
        return self._folders[folder]


def find_equal(folder: Path, image: Image) -> Path | None:
    """Return the file of this image, whatever its words; None if there is none.

    Raises OSError.
    """

    def may_be_it(name: str) -> bool:
        found = parse(name)
        return found is not None and found.may_be(image.digest)

    files = regular_files(folder, may_be_it)
    return next((file.path for file in files if has_bytes(file.path, image.data)), None)
