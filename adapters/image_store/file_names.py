"""The names of image files: words that people can say, and a digest that proves whose file it is.

An image is `lighthouse-above-a-quiet-sea-3f2a9c1d.png`: words of its title, and the first 8 hex
digits of the digest of its bytes. What was made from it has its name with another extension, or
with `-rendition-2` or `-preview-1` at the end; `Proofs` tell such a file from one of the user.
Earlier versions named images by their ID, `img_` and 32 digits, and renditions like their image,
with `_` and 8 digits of their own digest.
"""

import re
import unicodedata
from itertools import dropwhile
from pathlib import Path
from typing import NamedTuple

MAX_WORDS = 6
MAX_CHARACTERS = 48
MAX_BYTES = 60
"""In UTF-8. With the rest of its longest name, a partial file's, it fits into the 143 bytes that
encrypted home folders allow."""
READ_CHARACTERS = 1_000
"""The characters of a title that its words are taken from; more are never used."""
NO_WORDS = "image"
"""Stands for a title without letters and digits."""
STOP_WORDS = frozenset(
    ("a", "an", "the", "and", "or", "of", "in", "on", "at", "to", "by", "for", "from", "with", "is")
)
"""Left out at the beginning and at the end of a name."""
JOINERS = "'\u2019\u200c\u200d"
"""Characters inside words that a name leaves out: apostrophes, and the invisible joiners."""
SHORT = 8
"""Hex digits of a digest in a name."""

PREVIEW = "preview"
"""The title of a derived image that is an unfinished stage of its image."""

_NUMBER = r"(?:-\d{1,6})?"
_DERIVED = rf"(?P<kind>-(?:{PREVIEW}|rendition)-\d{{1,6}})"
_END = rf"(?:{_DERIVED}|_(?P<derived>[0-9a-f]{{{SHORT}}}){_NUMBER})?\.(?:png|jpg|webp|avif)$"
_BY_ID = re.compile(rf"^(?P<family>img_(?P<id>[0-9a-f]{{32}})){_NUMBER}{_END}")
_BY_WORDS = re.compile(rf"^(?P<family>[^_]+-(?P<own>[0-9a-f]{{{SHORT}}}){_NUMBER}){_END}")
_NUMBERED = re.compile(rf"^(?P<start>.+-(?:{PREVIEW}|rendition)-)(?P<number>\d{{1,6}})$")


class FileName(NamedTuple):
    """What the name of an image file says.

    `family` is common to an image and all that was made from it. `image_digest` begins the digest
    of the image. `digest` begins the digest of the file's own bytes: None for a name that says
    nothing of them, empty for one of the first versions, which every file of the family had.
    """

    family: str
    image_digest: str
    digest: str | None

    @property
    def is_derived(self) -> bool:
        """Whether it is certainly no image but made from one."""
        return self.digest is None or (bool(self.digest) and self.digest != self.image_digest)

    def may_be(self, image_digest: str) -> bool:
        """Whether it may be the file of an image with this digest, 64 hex digits."""
        return not self.is_derived and image_digest.startswith(self.image_digest)

    def proves(self, digest: str) -> bool:
        """Whether the name alone says that a file with this digest is one of ours."""
        return self.digest is not None and digest.startswith(self.digest)


def parse(name: str) -> FileName | None:
    """Return what the name says; None if it is not the name of an image file."""
    name = unicodedata.normalize("NFC", name)  # some file systems decompose letters
    match = _BY_ID.match(name) or _BY_WORDS.match(name)
    if match is None:
        return None
    found = match.groupdict()
    own = None if found["kind"] else found["derived"] or found.get("own") or ""
    return FileName(match["family"], found.get("own") or found.get("id") or "", own)


def is_same_name(one: Path, other: Path) -> bool:
    """Whether two files have the same name, however a file system writes its letters."""
    return unicodedata.normalize("NFC", one.name) == unicodedata.normalize("NFC", other.name)


def image_stem(title: str, digest: str) -> str:
    """The name of an image, without a suffix."""
    return f"{slug(title)}-{digest[:SHORT]}"


def derived_stem(ref: str, title: str) -> str:
    """The name of what was made from the image at this ref, without a suffix."""
    stem = Path(ref).stem
    return f"{stem}-{PREVIEW}-1" if title == PREVIEW else stem


def numbered(path: Path, digest: str, number: int) -> Path:
    """The path with a number, for a file with this digest whose name was taken `number - 1` times.

    The next preview has the next number; the number of a rendition is not that of an image.
    """
    stem, name = path.stem, parse(path.name)
    if derived := _NUMBERED.match(stem):
        return path.with_stem(f"{derived['start']}{int(derived['number']) + number - 1}")
    is_image = name is None or name.is_derived or digest.startswith(name.image_digest)
    return path.with_stem(f"{stem}-{number}" if is_image else f"{stem}-rendition-{number}")


def slug(title: str) -> str:
    """The first words of the title, in lower case and joined by hyphens.

    At most MAX_WORDS, MAX_CHARACTERS and MAX_BYTES. Letters and digits of every script are kept,
    and nothing else is: no character that a file system, a shell or a URL treats specially, and
    none that is invisible or changes the direction of text.
    """
    text = unicodedata.normalize("NFC", title[:READ_CHARACTERS]).lower()
    words = [*dropwhile(STOP_WORDS.__contains__, _words(text))][:MAX_WORDS]
    if words and not _fits(words[:1]):
        return words[0][:MAX_CHARACTERS].encode()[:MAX_BYTES].decode(errors="ignore")
    while words and (words[-1] in STOP_WORDS or not _fits(words)):
        words.pop()
    return "-".join(words) or NO_WORDS


def _words(text: str) -> list[str]:
    spaced = "".join(_letter_or_space(character) for character in text)
    return [word for each in spaced.split() if (word := _without_leading_marks(each))]


def _letter_or_space(character: str) -> str:
    if character in JOINERS:
        return ""
    category = unicodedata.category(character)
    return character if category[0] in "LM" or character.isdecimal() else " "


def _without_leading_marks(word: str) -> str:
    """A word begins with a letter or a digit: a lone accent would combine with the hyphen."""
    return "".join(dropwhile(lambda letter: unicodedata.category(letter)[0] == "M", word))


def _fits(words: list[str]) -> bool:
    name = "-".join(words)
    return len(name) <= MAX_CHARACTERS and len(name.encode()) <= MAX_BYTES
