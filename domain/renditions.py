"""Renditions: other forms of a picture that we have. The original is never touched."""

import hashlib
from dataclasses import dataclass, fields
from enum import StrEnum

from domain.image import Image
from domain.image_formats import ImageFormat
from domain.requests import ImageRequest, Quality

VERSION = "1"
MAX_SIZE_RATIO = 0.97
"""A smaller form takes at most this share of the original's bytes; else the original is better."""


class ContentClass(StrEnum):
    """What is in a picture, as far as coding it is concerned."""

    GRAPHIC = "graphic"
    CUTOUT = "cut-out"
    SMOOTH = "smooth picture"
    DETAILED = "detailed picture"

    @property
    def best_format(self) -> ImageFormat:
        """The one that takes the fewest bytes where everybody can read it and nothing is missed."""
        photo = self in (ContentClass.SMOOTH, ContentClass.DETAILED)
        return ImageFormat.JPEG if photo else ImageFormat.WEBP

    def compression(self, form: ImageFormat) -> int | None:
        """The number (0-100) that suits it where nobody gave one; None is lossless."""
        return COMPRESSION_BY_CONTENT.get((self, form))


COMPRESSION_BY_CONTENT: dict[tuple[ContentClass, ImageFormat], int] = {
    (ContentClass.GRAPHIC, ImageFormat.JPEG): 88,
    (ContentClass.CUTOUT, ImageFormat.JPEG): 85,
    (ContentClass.CUTOUT, ImageFormat.WEBP): 85,
    (ContentClass.SMOOTH, ImageFormat.JPEG): 82,
    (ContentClass.SMOOTH, ImageFormat.WEBP): 89,
    (ContentClass.DETAILED, ImageFormat.JPEG): 89,
    (ContentClass.DETAILED, ImageFormat.WEBP): 88,
}
"""What gave a SSIMULACRA2 score of about 82 (from 80 on nothing is noticed side by side) with
Pillow 13 on 28 pictures (2026-11-23); docs/renditions.md has the measurements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenditionSpec:
    """What a rendition must be; None sets no bound.

    `compression` is 0-100, more is finer, and None fits it to the picture. `max_side` is in
    pixels, `max_bytes` in bytes. `smaller` looks for a form that takes fewer bytes, and keeps the
    original where that would win little.
    """

    format: ImageFormat | None = None
    compression: int | None = None
    max_side: int | None = None
    max_bytes: int | None = None
    smaller: bool = False

    def is_met_by(self, image: Image) -> bool:
        """Whether the picture is all that already, so that nothing needs doing."""
        size = image.dimensions
        return (
            not self.smaller
            and self.format in (None, image.format)
            and (self.max_side is None or max(size.width, size.height) <= self.max_side)
            and (self.max_bytes is None or len(image.data) <= self.max_bytes)
        )

    def key(self, image: Image) -> str:
        """The name of this rendition of this picture, 64 hex digits."""
        facts = [f"{field.name}={getattr(self, field.name)}" for field in fields(self)]
        return hashlib.sha256(
            "|".join(("rendition", VERSION, image.digest, *facts)).encode()
        ).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSpec:
    """How somebody wants to see a picture that was made before.

    Its longer side has at most `max_side` pixels, None for as many as there are. `formats` are
    those that can be read, the best first; without any, the content decides.
    """

    max_side: int | None = None
    formats: tuple[ImageFormat, ...] = ()

    def spec(self, image: Image) -> RenditionSpec | None:
        """The rendition that is such a view; None: the picture as the provider sent it."""
        if self.max_side is None and (not self.formats or image.format in self.formats):
            return None
        smaller = self.max_side is not None
        return RenditionSpec(format=self._format(image), max_side=self.max_side, smaller=smaller)

    def _format(self, image: Image) -> ImageFormat | None:
        """The first, but JPEG only in need for a picture with alpha: it would be filled up."""
        opaque = not image.has_alpha
        suitable = [form for form in self.formats if opaque or form is not ImageFormat.JPEG]
        return next(iter([*suitable, *self.formats]), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """Another form of a picture, `how` it was made, and where it is kept, if it is kept."""

    image: Image
    description: str
    location: str | None = None


def rendition_for(asked: ImageRequest, image: Image) -> RenditionSpec | None:
    """What the caller must be given instead of what the provider sent; None: nothing else.

    Where the content decides the format, a picture that did not come as PNG has it from the
    provider, who was asked for it. A PNG is made of nothing: it would have nothing that the
    picture lacks, and take many times its bytes.
    """
    if asked.format in (image.format, ImageFormat.PNG):
        return None
    number = asked.output_compression
    if number is None and asked.quality is not Quality.AUTO:
        number = asked.quality.compression
    if asked.format is not None:
        return RenditionSpec(format=asked.format, compression=number)
    if image.format is not ImageFormat.PNG:
        return None
    return RenditionSpec(smaller=True, compression=number)
