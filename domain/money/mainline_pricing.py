"""The price of calls in which a language model, the mainline model, calls the image model."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.money.prices import PER_TOKENS, PaidCall, Pricing
from domain.money.token_estimates import input_images
from domain.requests import ImageRequest
from domain.results import MainlineUsage, Usage

LONG_INPUT, LONG_OUTPUT = Decimal(2), Decimal("1.5")
"""Factors on the prices of a call with a long context."""
MAX_TOKENS_OUT = 8_192
"""Tokens beyond the prompt's own that a mainline model may write: its reasoning, the prompt of the
image model and a closing sentence. Requests ask the provider for this limit, so that an estimate
has a bound; an image is not a part of it."""
TOOL_TOKENS = 2_000
"""Input tokens of the image tool's description. A recorded call with a short prompt had 1,633 input
tokens in all, of which the description is a part."""
IMAGE_TOKENS = 4_096
"""Input tokens of one image that a mainline model sees: no source has an exact number for all
models. 1,536 patches at 1.62 tokens each, the most of the sizes with a known formula, are 2,489."""
TURN_TOKENS = 1_024
"""Input tokens of the texts of an earlier turn that the provider keeps: a prompt, the one that was
made of it, and a closing sentence. Its image counts beside them."""
READINGS = 2
"""How often the input is billed: once to call the tool, and once to finish after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MainlinePricing:
    """US dollars per million tokens of a mainline model, as published on `as_of`.

    `cached_in` and `written_in` are for input that was read from, or written to, the provider's
    cache; None where it costs the same. A call with more than `long_context` input tokens costs
    LONG_INPUT and LONG_OUTPUT times as much; None where no such limit is known.
    """

    tokens_in: Decimal
    tokens_out: Decimal
    as_of: date
    cached_in: Decimal | None = None
    written_in: Decimal | None = None
    long_context: int | None = None

    def cost(self, usage: MainlineUsage) -> Decimal:
        """The cost of these tokens in US dollars, not rounded."""
        cached, written = self._cached_rate, self._written_rate
        plain = usage.tokens_in - usage.cached_tokens_in - usage.written_tokens_in
        read = usage.cached_tokens_in * cached + usage.written_tokens_in * written
        into = max(plain, 0) * self.tokens_in + read
        out = usage.tokens_out * self.tokens_out
        if self.long_context is not None and usage.tokens_in > self.long_context:
            into, out = into * LONG_INPUT, out * LONG_OUTPUT
        return (into + out) / PER_TOKENS

    def most(self, usage: MainlineUsage) -> Decimal:
        """The most that as many tokens can cost, whichever of them are cached."""
        dearest = max(self.tokens_in, self._written_rate)
        as_written = usage.tokens_in if dearest == self._written_rate else 0
        return self.cost(
            MainlineUsage(
                tokens_in=usage.tokens_in,
                tokens_out=usage.tokens_out,
                written_tokens_in=as_written,
            )
        )

    @property
    def _cached_rate(self) -> Decimal:
        return self.tokens_in if self.cached_in is None else self.cached_in

    @property
    def _written_rate(self) -> Decimal:
        return self.tokens_in if self.written_in is None else self.written_in


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoModelPricing:
    """A Pricing of calls that two models serve: the sum of both, unknown if either is unknown."""

    image: Pricing | None
    mainline: MainlinePricing | None
    mainline_model: str = ""

    def cost(self, usage: Usage | None, call: PaidCall | None = None, /) -> Decimal | None:
        if self.image is None or self.mainline is None:
            return None
        own = self.image.cost(usage, call)
        if own is None or usage is None or usage.mainline is None:
            return None
        return own + self.mainline.cost(usage.mainline)

    def estimate(self, request: ImageRequest, /) -> Decimal | None:
        own = None if self.image is None else self.image.estimate(request)
        if own is None or self.mainline is None:
            return None
        return own + self.mainline.most(expected_usage(request))


def expected_usage(request: ImageRequest) -> MainlineUsage:
    """The most tokens that a mainline model is expected to use for the request.

    A prompt counts as one token a byte, with the turns before it. Turns that the provider keeps
    count with their images too. The generated image is read once, to finish.
    """
    prompt = len(request.prompt_in_context.encode())
    seen = TOOL_TOKENS + prompt + input_images(request) * IMAGE_TOKENS + _kept_tokens(request)
    return MainlineUsage(
        tokens_in=READINGS * seen + max_tokens_out(request) + IMAGE_TOKENS,
        tokens_out=max_tokens_out(request),
    )


def _kept_tokens(request: ImageRequest) -> int:
    """The tokens of all turns that a continued conversation has at the provider."""
    context = request.context
    if context is None or context.continuation is None:
        return 0
    turns = max((turn.number for turn in context.turns), default=1)
    return turns * (IMAGE_TOKENS + TURN_TOKENS)


def max_tokens_out(request: ImageRequest) -> int:
    """The limit on the mainline model's output for this request, which it may repeat once."""
    return MAX_TOKENS_OUT + len(request.prompt.encode())
