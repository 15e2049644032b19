"""How many tokens a call is likely to use, before the provider has counted them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil

from domain.image_formats import Dimensions
from domain.requests import EditRequest, ImageRequest, Quality
from domain.results import Usage

BASE_PIXELS = 1024 * 1024
"""Pixels of the size that all tables begin with."""
MARGIN = 1.1
"""A tenth more than measured: models round sizes in undocumented ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEstimates:
    """Conservative token estimates for a model; not guaranteed by the provider.

    `base_tokens` has the output tokens of one 1024x1024 image by quality, as measured or
    published by third parties by `as_of`. They grow with the pixels; where `pixel_offset` is not
    0, they grow more slowly, by pixel_offset + pixels, and shrink by the ratio of the longer side
    to the shorter. `per_partial` is the output tokens of one partial image, `per_input_image` the
    most that one input image or mask takes, `per_prompt` the text tokens beyond the prompt's own.
    `auto_sizes` are the sizes that the model is expected to choose from where the request leaves
    the size to it.
    """

    base_tokens: Mapping[Quality, int]
    pixel_offset: int
    per_partial: int
    per_input_image: int
    per_prompt: int
    as_of: date
    auto_sizes: frozenset[Dimensions] = frozenset()

    def usage(self, request: ImageRequest) -> Usage | None:
        """Expected tokens of the call; None if nothing is known of its quality or size.

        A prompt counts as one token a byte, the most it can be; a mask as one more input image; a
        call for n images as n calls. Where the model chooses the size, it is expected to choose
        the most expensive one.
        """
        sizes = self.auto_sizes if request.size is None else {request.size}
        output = self.output_tokens(sizes, request.quality) if sizes else None
        if output is None:
            return None
        return Usage(
            text_tokens_in=request.n * (len(request.prompt_in_context.encode()) + self.per_prompt),
            image_tokens_in=request.n * input_images(request) * self.per_input_image,
            tokens_out=request.n * (output + request.partial_images * self.per_partial),
        )

    def output_tokens(self, sizes: Iterable[Dimensions], quality: Quality) -> int | None:
        """Tokens of one image in the most expensive of these sizes; None: unknown quality."""
        base = self.base_tokens.get(quality)
        if base is None:
            return None
        return ceil(base * MARGIN * max(map(self._growth, sizes)))

    def _growth(self, size: Dimensions) -> float:
        growth = (self.pixel_offset + size.pixels) / (self.pixel_offset + BASE_PIXELS)
        return growth / size.ratio if self.pixel_offset else growth


def input_images(request: ImageRequest) -> int:
    """The number of images that the request sends, with the mask."""
    if not isinstance(request, EditRequest):
        return 0
    return len(request.images) + (request.mask is not None)
