"""Finds the files of images: each image itself, and its renditions and previews next to it."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from hashlib import sha256
from pathlib import Path

from adapters.image_store.file_names import SHORT, parse
from adapters.image_store.proofs import proof_of
from adapters.image_store.regular_files import (
    MAX_BYTES,
    RegularFile,
    has_bytes,
    read_regular,
    regular_files,
)
from domain.image import Image

MAX_PREFIXES = 100
"""Families that a name is compared with before it is parsed. With 100,000 files, a comparison with
one takes 10 ms in all, and parsing all names half a second (2026-11-27)."""


class FileIndex:
    """The regular files in folders of images that belong to some images, by the family of names.

    Each folder is read only once, however many images are looked up. Only files of these images
    are looked at; of all others the names are read.
    """

    def __init__(self, refs: Collection[str], *folders: Path, below: str = "") -> None:
        """Search these folders and the folder of each ref, or the folder `below` each of them."""
        names = [parse(Path(ref).name) for ref in refs]
        self._families = frozenset(name.family for name in names if name is not None)
        self._prefixes = tuple(self._families) if len(self._families) <= MAX_PREFIXES else None
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
            for file in regular_files(folder, self._is_wanted):
                name = parse(file.path.name)
                if name is not None and file.size <= MAX_BYTES:
                    found[name.family].append(file)
        return self._folders[folder]

    def _is_wanted(self, name: str) -> bool:
        """Whether the name is of one of the families.

        Some file systems decompose the letters that are not in ASCII: such names are parsed.
        """
        prefixes = self._prefixes
        if prefixes is not None and name.isascii() and not name.startswith(prefixes):
            return False
        found = parse(name)
        return found is not None and found.family in self._families


def find_equal(folder: Path, image: Image) -> Path | None:
    """Return the file of this image, whatever its words; None if there is none.

    Raises OSError.
    """
    files = _named_like(folder, image.digest)
    return next((file.path for file in files if has_bytes(file.path, image.data)), None)


def find_by_digest(folder: Path, digest: str) -> Path | None:
    """Return the file of the image whose digest begins so, with 32 hex digits or more.

    None if there is none. Raises OSError.
    """

    def has_digest(path: Path) -> bool:
        data = read_regular(path)
        return data is not None and sha256(data).hexdigest().startswith(digest)

    files = _named_like(folder, digest)
    return next((file.path for file in files if has_digest(file.path)), None)


def _named_like(folder: Path, digest: str) -> Iterator[RegularFile]:
    """The files that may be the image with this digest, according to their names."""

    def may_be_it(name: str) -> bool:
        if digest[:SHORT] not in name:  # much faster than parsing it
            return False
        found = parse(name)
        return found is not None and found.may_be(digest)

    return regular_files(folder, may_be_it)
