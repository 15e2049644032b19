"""Proofs that a file was made from an image: empty files in a hidden folder beside it.

The name of an image has the digest of its bytes, so that a file of the user with such a name is
never taken for it. The names of renditions and previews have no digest of their own. Each of them
has a proof instead, whose name has both digests. It is written before the file, and stays where it
is while the file is in the trash. Without its proof, a file counts as the user's.
"""

from contextlib import suppress
from pathlib import Path

from adapters.image_store.file_names import SHORT, parse

PROOFS = ".renditions"
"""The folder of proofs in a folder of images."""


def proof_of(folder: Path, name: str, digest: str) -> Path | None:
    """The path of the proof for a file with this name and digest; None for no image's name."""
    found = parse(name)
    return found and folder / PROOFS / f"{found.image_digest[:SHORT]}-{digest}"


def remove_proof(proof: Path) -> None:
    """Remove the proof, and its folder if it was the last one."""
    with suppress(OSError):  # an empty file that nothing reads any more
        proof.unlink(missing_ok=True)
        proof.parent.rmdir()
