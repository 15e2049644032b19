"""Input images as they are sent: upright, of a common kind, and without metadata."""

from dataclasses import dataclass

from domain.image import Image
from domain.image_formats import Dimensions

TURNED = "turned upright, as its EXIF says"
SIDEWAYS = range(5, 9)
"""EXIF orientations that exchange width and height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedImage:
    """An input image as people see it.

    `orientation` is the one that its file had, 1 to 8 as in EXIF. `changes` are those that matter
    to people, each a phrase such as "converted from CMYK to RGB".
    """

    image: Image
    orientation: int = 1
    changes: tuple[str, ...] = ()

    @property
    def stored(self) -> Dimensions:
        """The size in the header of the original file."""
        size = self.image.dimensions
        is_sideways = self.orientation in SIDEWAYS
        return Dimensions(size.height, size.width) if is_sideways else size

    def note(self, field: str) -> tuple[str, ...]:
        """A sentence about the changes of the input `field`, or none."""
        if not self.changes:
            return ()
        *first, last = self.changes
        return (f"{field} was {' and '.join([', '.join(first), last] if first else [last])}.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedMask:
    """A mask of the size of the image; None if it left the whole image to be edited."""

    mask: Image | None
    notes: tuple[str, ...] = ()
