"""Sizes in words, such as `16:9` or `4k`. The model's card turns them into pixels."""

import re
from dataclasses import dataclass
from typing import Self

from domain.errors import InvalidRequest
from domain.image_formats import Dimensions

SHAPES = {"square": Dimensions(1, 1), "landscape": Dimensions(3, 2), "portrait": Dimensions(2, 3)}
"""Shapes by their names."""
SIZES = {"hd": Dimensions(1280, 720), "2k": Dimensions(2048, 1152), "4k": Dimensions(3840, 2160)}
"""Sizes by their names, in pixels."""
RATIO = re.compile(r"(\d{1,4})(?:\.(\d{1,2}))?:(\d{1,4})(?:\.(\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class SizeInWords:
    """A shape, or a size of which the nearest is wanted.

    `text` is what the caller wrote. `sides` are in pixels if `in_pixels`, else only their ratio
    counts.
    """

    text: str
    sides: Dimensions
    in_pixels: bool = False

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return what `square`, `16:9`, `4k` and the like mean; None for any other text."""
        if text in SIZES:
            return cls(text, SIZES[text], in_pixels=True)
        if text in SHAPES:
            return cls(text, SHAPES[text])
        match = RATIO.fullmatch(text)
        sides = match and [_hundredths(match[1], match[2]), _hundredths(match[3], match[4])]
        return cls(text, Dimensions(*sides)) if sides and all(sides) else None

    def __str__(self) -> str:
        return self.text


def is_size(text: str) -> bool:
    """Whether the text is `auto`, a size in words, or `WIDTHxHEIGHT` with sides above 0."""
    if text == "auto" or SizeInWords.parse(text):
        return True
    try:
        sides = Dimensions.parse(text)
    except InvalidRequest:
        return False
    return bool(sides.width and sides.height)


def _hundredths(whole: str, fraction: str | None) -> int:
    return int(whole) * 100 + int((fraction or "").ljust(2, "0"))
