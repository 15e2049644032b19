"""Image formats and dimensions."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from domain.errors import InvalidRequest

MAX_PARTS = 200_000
"""Chunks or segments of an image file. Reading one takes about a microsecond; a file of 50 MB with
chunks of 8 kB, which many encoders write, has 6,200."""


class ImageFormat(StrEnum):
    """The raster formats of images; AVIF is requested from no provider, but made here."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    AVIF = "avif"

    @property
    def media_type(self) -> str:
        """The media type of a Content-Type header, such as `image/png`."""
        return f"image/{self.value}"

    @property
    def extension(self) -> str:
        """The file name extension without the dot: `png`, `jpg`, `webp` or `avif`."""
        return "jpg" if self is ImageFormat.JPEG else self.value

    @property
    def has_compression(self) -> bool:
        """Whether the format has a compression setting from 0 to 100."""
        return self is not ImageFormat.PNG


PROVIDER_FORMATS = (ImageFormat.PNG, ImageFormat.JPEG, ImageFormat.WEBP)
"""The formats that can be requested from a provider, and sent to one as input images."""
PORTABLE_FORMATS = (ImageFormat.PNG, ImageFormat.JPEG)
"""The formats that every program reads."""


@dataclass(frozen=True, slots=True, order=True)
class Dimensions:
    """Width and height in pixels, each at least 1; raises InvalidRequest otherwise."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise InvalidRequest(f"An image cannot be {self} pixels.", field="size")

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `WIDTHxHEIGHT`; raise InvalidRequest for anything else."""
        width, _, height = text.partition("x")
        if not (width.isdecimal() and height.isdecimal() and len(text) <= 11):
            raise InvalidRequest(
                f"{text[:40]!r} is not a valid size.",
                field="size",
                hint='Use WIDTHxHEIGHT, a ratio such as "16:9", or "auto".',
            )
        return cls(int(width), int(height))

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def ratio(self) -> float:
        """The longer side divided by the shorter one: 1.0 for a square."""
        return max(self.width, self.height) / min(self.width, self.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHeader:
    """Facts about an image that need no decoding."""

    format: ImageFormat
    dimensions: Dimensions
    has_alpha: bool
