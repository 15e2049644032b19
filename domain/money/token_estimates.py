"""How many tokens a picture is likely to take, before anybody has counted them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil

from domain.image_formats import Dimensions
from domain.requests import Quality

SQUARE = 1024 * 1024
"""Pixels of the size that all tables begin with."""
MARGIN = 1.1
"""A tenth more than measured: models round sizes in ways that nobody documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureTokens:
    """A model's appetite: rather too many tokens than too few, and no promise of the provider's.

    `square` has the output tokens of one 1024x1024 picture by quality, as others measured or
    published them by `as_of`. They grow with the pixels; where `offset` (pixels) is not 0, more
    slowly, by offset + pixels, and they shrink by the ratio of the longer side to the shorter.
    `partial` is what one partial image takes, `picture_in` at most one picture that is sent.
    """

    square: Mapping[Quality, int]
    offset: int
    partial: int
    picture_in: int
    as_of: date

    def painted(self, sizes: Iterable[Dimensions], quality: Quality) -> int | None:
        """Tokens of one picture in the most expensive of these sizes; None: quality not known."""
        square = self.square.get(quality)
        if square is None:
            return None
        return ceil(square * MARGIN * max(map(self._growth, sizes)))

    def _growth(self, size: Dimensions) -> float:
        growth = (self.offset + size.pixels) / (self.offset + SQUARE)
        return growth / size.ratio if self.offset else growth
