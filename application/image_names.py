"""Names of images as people and clients write them: IDs, words, paths, links and URIs."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

from domain.image import StoredRef
from domain.uploads import MASK_ID

SHORT_ID = re.compile(r"^(?:img_)?([0-9a-f]{8,31})$")
JOB_ID = re.compile(r"^job_[0-9a-f]{32}$")
WHOLE_ID = re.compile(r"(?<![0-9a-z])img_[0-9a-f]{32}(?![0-9a-f])", re.IGNORECASE)
NEWEST = re.compile(
    r"(?:the )?(?:last|latest|newest|most recent)(?: image| one)?(?: ?: ?([1-9][0-9]{0,3}))?",
    re.IGNORECASE,
)
"""`last`, or `last:2` for the one before."""
RESOURCE = re.compile(r"^image://([^/?#]+)", re.IGNORECASE)
"""The URI of an image, or of a view of it such as `image://last/preview`."""
LINK = re.compile(r"/images/(img_[0-9a-f]{8,31})(?:[/?#]|$)", re.IGNORECASE)
"""A link to an image, or to a view of it, with the beginning of its ID."""
ID_IN_FILE_NAME = re.compile(r"(?<![^\W_])(?:[0-9a-f]{32}|[0-9a-f]{8})(?![^\W_])")
"""Digits in the name of a file that may begin the ID of its image."""
DERIVED = re.compile(r"(?:-(?:preview|rendition)-\d{1,6}|_[0-9a-f]{8})?")
"""What follows the name of an image in that of its preview or rendition."""
MAX_PREFIXES = 4


def bare_name(text: str) -> str:
    """The name within a URI or a link of ours, without blanks around it; else the text itself."""
    text = text.strip()
    if found := RESOURCE.match(text):
        return unquote(found[1])
    found = LINK.search(text)
    return found[1].lower() if found else text


def position_of(name: str) -> int | None:
    """The place that a word means among the newest images, 1 for `last`; None for another name."""
    found = NEWEST.fullmatch(name)
    return int(found[1] or 1) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageName:
    """What a name says: the ID of a job or a mask, the beginning of an image's, or a file's name.

    The image has one of the `prefixes`. A store puts 8 hex digits of an image's ID, or all of them,
    into the name of its file.
    """

    job_id: str = ""
    mask_id: str = ""
    prefixes: tuple[str, ...] = ()
    file_name: str = ""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return what the text says; None if no image has such a name."""
        if JOB_ID.match(text):
            return cls(job_id=text)
        if MASK_ID.fullmatch(text):
            return cls(mask_id=text)
        if short := SHORT_ID.match(text):
            return cls(prefixes=(f"img_{short[1]}",))
        ids = {id_.lower() for id_ in WHOLE_ID.findall(text)}
        if len(ids) == 1:  # a path or a link with a whole ID
            return cls(prefixes=(*ids,))
        file_name = _last_part(text.partition("?")[0])
        digits = ID_IN_FILE_NAME.findall(file_name)[-MAX_PREFIXES:]
        if "." not in file_name or not digits:
            return None
        return cls(prefixes=tuple(f"img_{each}" for each in digits), file_name=file_name)

    def meant(self, candidates: Mapping[str, StoredRef | None]) -> Sequence[str]:
        """The IDs of the candidates that have this name; images with one of the prefixes only."""
        if not self.file_name:
            return [*candidates]
        stem = self.file_name.rpartition(".")[0]
        return [id_ for id_, ref in candidates.items() if ref and _is_stem(stem, ref)]


def _is_stem(stem: str, ref: StoredRef) -> bool:
    """Whether a file with this stem is the image at this place, or was made from it."""
    own = _last_part(str(ref)).rpartition(".")[0]
    return stem.startswith(own) and DERIVED.fullmatch(stem[len(own) :]) is not None


def _last_part(path: str) -> str:
    """The name of a file, with its letters composed: some file systems decompose them."""
    return unicodedata.normalize("NFC", re.split(r"[/\\]", path)[-1])
