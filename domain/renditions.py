"""Renditions: other forms of a stored image. The original is never changed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from domain.delivery_sizes import DeliverySize
from domain.image import Image, StoredRef
from domain.image_formats import PORTABLE_FORMATS, ImageFormat
from domain.requests import ImageRequest, Quality

VERSION = "1"
MAX_SIZE_RATIO = 0.97
"""A smaller rendition has at most this share of the original's bytes; else it is not used."""


class ContentClass(StrEnum):
    """The kind of content in an image, as far as it matters for encoding."""

    GRAPHIC = "graphic"
    CUTOUT = "cut-out"
    SMOOTH = "smooth image"
    DETAILED = "detailed image"

    @property
    def best_format(self) -> ImageFormat:
        """The format with the fewest bytes that every client reads, without a visible loss."""
        photo = self in (ContentClass.SMOOTH, ContentClass.DETAILED)
        return ImageFormat.JPEG if photo else ImageFormat.WEBP

    def compression(self, target: ImageFormat) -> int | None:
        """The compression (0-100) where the request has none; None is lossless."""
        return COMPRESSION_BY_CONTENT.get((self, target))


COMPRESSION_BY_CONTENT: dict[tuple[ContentClass, ImageFormat], int] = {
    (ContentClass.GRAPHIC, ImageFormat.JPEG): 88,
    (ContentClass.CUTOUT, ImageFormat.JPEG): 85,
    (ContentClass.CUTOUT, ImageFormat.WEBP): 85,
    (ContentClass.SMOOTH, ImageFormat.JPEG): 82,
    (ContentClass.SMOOTH, ImageFormat.WEBP): 89,
    (ContentClass.DETAILED, ImageFormat.JPEG): 89,
    (ContentClass.DETAILED, ImageFormat.WEBP): 88,
    (ContentClass.GRAPHIC, ImageFormat.AVIF): 90,
    (ContentClass.CUTOUT, ImageFormat.AVIF): 70,
    (ContentClass.SMOOTH, ImageFormat.AVIF): 69,
    (ContentClass.DETAILED, ImageFormat.AVIF): 80,
}
"""Chosen for a SSIMULACRA2 score of about 82 (from 80 on, no difference is visible side by side),
with Pillow 13 on 28 images (2026-11-23); docs/renditions.md has the measurements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenditionSpec:
    """Requirements for a rendition; None sets no bound.

    `compression` is 0-100, more is finer, and None chooses it by content. `max_side` is in
    pixels, `max_bytes` in bytes. `smaller` prefers a form of fewer bytes, and keeps the original
    where little would be saved (MAX_SIZE_RATIO). `portable` allows PNG and JPEG only, which every
    program reads, unless `format` is set. `size` scales down and crops, before all other bounds.
    """

    format: ImageFormat | None = None
    compression: int | None = None
    max_side: int | None = None
    max_bytes: int | None = None
    smaller: bool = False
    portable: bool = False
    size: DeliverySize | None = None

    def is_met_by(self, image: Image) -> bool:
        """Whether the image meets all requirements already."""
        size = image.dimensions
        return (
            not self.smaller
            and (not self.portable or image.format in PORTABLE_FORMATS)
            and self.format in (None, image.format)
            and (self.max_side is None or max(size.width, size.height) <= self.max_side)
            and (self.max_bytes is None or len(image.data) <= self.max_bytes)
            and (self.size is None or self.size.size_of(size) == size)
        )

    def key(self, image: Image, steps: Sequence[str] = ()) -> str:
        """The name of this rendition of this image after these steps, 64 hex digits."""
        facts = [f"{field.name}={getattr(self, field.name)}" for field in fields(self)]
        facts += [f"step={step}" for step in steps]
        return hashlib.sha256(
            "|".join(("rendition", VERSION, image.digest, *facts)).encode()
        ).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSpec:
    """How a client wants to see a stored image.

    Its longer side has at most `max_side` pixels; None keeps the size. `formats` are those that
    the client can read, the best first; if empty, the content decides. In the size that `deliver`
    asks for, an image keeps its format if the client can read it.
    """

    max_side: int | None = None
    formats: tuple[ImageFormat, ...] = ()
    deliver: DeliverySize | None = None

    def spec(self, image: Image) -> RenditionSpec | None:
        """The rendition for this view; None for the image as the provider sent it."""
        is_readable = not self.formats or image.format in self.formats
        if self.deliver is not None:
            form = image.format if is_readable else self._format(image)
            spec = RenditionSpec(format=form, size=self.deliver)
            return None if spec.is_met_by(image) else spec
        if self.max_side is None and is_readable:
            return None
        smaller = self.max_side is not None
        return RenditionSpec(format=self._format(image), max_side=self.max_side, smaller=smaller)

    def _format(self, image: Image) -> ImageFormat | None:
        """The first format, but JPEG only as a last resort for an image with alpha: it loses it."""
        opaque = not image.has_alpha
        suitable = [each for each in self.formats if opaque or each is not ImageFormat.JPEG]
        return next(iter([*suitable, *self.formats]), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """Another form of an image, how it was made, and where it is stored, if it is."""

    image: Image
    description: str
    stored: StoredRef | None = None


def rendition_for(request: ImageRequest, image: Image) -> RenditionSpec | None:
    """The rendition that the caller gets instead of the provider's image; None: the image itself.

    In another size, the image keeps its format unless the request asks for another.
    """
    spec, size = _converted(request, image), request.deliver
    if size is None or size.size_of(image.dimensions) == image.dimensions:
        return spec
    if spec is None:
        spec = RenditionSpec(format=image.format, compression=_compression(request))
    return replace(spec, size=size)


def _converted(request: ImageRequest, image: Image) -> RenditionSpec | None:
    """The rendition in the requested format; None if the image has it.

    Where the content decides the format, an image that did not arrive as PNG has the format that
    was requested from the provider. Nothing is converted to PNG: that would add nothing to the
    image and take many times its bytes. The numbers of the qualities are those of JPEG and WebP; in
    AVIF they would look finer and take more bytes, so there the content decides.
    """
    if request.format in (image.format, ImageFormat.PNG):
        return None
    compression = _compression(request)
    if request.format is not None:
        return RenditionSpec(format=request.format, compression=compression)
    if image.format is not ImageFormat.PNG:
        return None
    return RenditionSpec(smaller=True, compression=compression)


def _compression(request: ImageRequest) -> int | None:
    if request.output_compression is not None or request.format is ImageFormat.AVIF:
        return request.output_compression
    return None if request.quality is Quality.AUTO else request.quality.compression
