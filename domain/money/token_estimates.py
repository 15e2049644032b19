"""How many tokens a picture is likely to take, before anybody has counted them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil

from domain.image_formats import Dimensions
from domain.requests import Quality

BASE_PIXELS = 1024 * 1024
"""Pixels of the size that all tables begin with."""
MARGIN = 1.1
"""A tenth more than measured: models round sizes in ways that nobody documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEstimates:
    """A model's appetite: rather too many tokens than too few, and no promise of the provider's.

    `square` has the output tokens of one 1024x1024 picture by quality, as others measured or
    published them by `as_of`. They grow with the pixels; where `offset` (pixels) is not 0, more
    slowly, by offset + pixels, and they shrink by the ratio of the longer side to the shorter.
    `partial` is what one partial image takes, `picture_in` at most one picture that is sent.
    """

    base_tokens: Mapping[Quality, int]
    pixel_offset: int
    per_partial: int
    per_input_image: int
    as_of: date

    def output_tokens(self, sizes: Iterable[Dimensions], quality: Quality) -> int | None:
        """Tokens of one picture in the most expensive of these sizes; None: quality not known."""
        square = self.base_tokens.get(quality)
        if square is None:
            return None
        return ceil(square * MARGIN * max(map(self._growth, sizes)))

    def _growth(self, size: Dimensions) -> float:
        growth = (self.pixel_offset + size.pixels) / (self.pixel_offset + BASE_PIXELS)
        return growth / size.ratio if self.pixel_offset else growth
