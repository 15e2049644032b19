"""The price of models that write and think in words before they generate, at two output rates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil

from domain.image_formats import Dimensions
from domain.money.prices import PER_TOKENS, PaidCall
from domain.money.token_estimates import MARGIN, input_images
from domain.requests import ImageRequest
from domain.results import MainlineUsage, Usage

TURN_TOKENS = 1_024
"""Tokens of the words of an earlier turn that the provider keeps. Its image counts beside them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThoughtPricing:
    """A Pricing by tokens in US dollars per million, as published on `as_of`.

    `image_out` is the price of the image's tokens, and `text_out` that of words and thoughts, which
    the usage has as those of a mainline model. The rest is for estimates: `image_tokens` are those
    of one image by its size, `auto_tokens` those of an image whose size the provider chooses,
    `per_input_image` those of an input image, `per_prompt` the text tokens beyond the prompt's own,
    and `per_thought` the most words and thoughts that are expected.
    """

    text_in: Decimal
    image_in: Decimal
    text_out: Decimal
    image_out: Decimal
    as_of: date
    image_tokens: Mapping[Dimensions, int]
    auto_tokens: int
    per_input_image: int
    per_prompt: int
    per_thought: int

    def cost(self, usage: Usage | None, _call: PaidCall | None = None, /) -> Decimal | None:
        """The cost of these tokens; None if one of the two kinds of output was not counted."""
        if usage is None or usage.mainline is None:
            return None
        into = usage.text_tokens_in * self.text_in + usage.image_tokens_in * self.image_in
        words = usage.mainline.tokens_in * self.text_in + usage.mainline.tokens_out * self.text_out
        return (into + words + usage.tokens_out * self.image_out) / PER_TOKENS

    def estimate(self, request: ImageRequest, /) -> Decimal | None:
        """The most that the call is expected to cost: a prompt counts as one token a byte."""
        size = request.size
        image = self.auto_tokens if size is None else self.image_tokens.get(size)
        if image is None:
            return None
        inputs = input_images(request) * self.per_input_image + self._kept_tokens(request)
        text = len(request.prompt_in_context.encode()) + self.per_prompt
        usage = Usage(
            text_tokens_in=request.n * text,
            image_tokens_in=request.n * inputs,
            tokens_out=request.n * ceil(image * MARGIN),
            mainline=MainlineUsage(tokens_in=0, tokens_out=request.n * self.per_thought),
        )
        return self.cost(usage)

    def _kept_tokens(self, request: ImageRequest) -> int:
        """The tokens of all turns that a continued conversation has at the provider."""
        context = request.context
        if context is None or context.continuation is None:
            return 0
        turns = max((turn.number for turn in context.turns), default=1)
        return turns * (self.per_input_image + TURN_TOKENS)
