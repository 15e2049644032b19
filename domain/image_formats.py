"""How a picture is coded, and how large it is."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from domain.errors import InvalidRequest


class ImageFormat(StrEnum):
    """The raster formats that GPT Image models take and return."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def media_type(self) -> str:
        """As in a Content-Type header: `image/png`."""
        return f"image/{self.value}"

    @property
    def extension(self) -> str:
        """As in a file name, without the dot: `png`, `jpg`, `webp`."""
        return "jpg" if self is ImageFormat.JPEG else self.value

    @property
    def has_compression(self) -> bool:
        """Whether a compression from 0 to 100 means anything for it."""
        return self is not ImageFormat.PNG


@dataclass(frozen=True, slots=True, order=True)
class Dimensions:
    """Width and height in pixels, each at least 1."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise InvalidRequest(f"A picture cannot be {self} pixels.", field="size")

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `WIDTHxHEIGHT`; raise InvalidRequest on anything else."""
        width, _, height = text.partition("x")
        if not (width.isdecimal() and height.isdecimal() and len(text) <= 11):
            raise InvalidRequest(
                f"Size {text[:40]!r} is not WIDTHxHEIGHT.",
                field="size",
                hint='Use "auto" or two numbers, for example "1024x1024".',
            )
        return cls(int(width), int(height))

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def ratio(self) -> float:
        """Longer side by shorter side, 1.0 for a square."""
        return max(self.width, self.height) / min(self.width, self.height)
