"""What calls of a model cost: from their usage afterwards, and as an estimate before."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from domain.money.token_estimates import TokenEstimates
from domain.requests import ImageRequest
from domain.results import Usage

PER_TOKENS = 1_000_000


class Pricing(Protocol):
    """How a model's calls are priced. All amounts are US dollars, not rounded."""

    def cost(self, usage: Usage | None, /) -> Decimal | None:
        """The cost of a call with this usage; None if it is unknown."""

    def estimate(self, request: ImageRequest, /) -> Decimal | None:
        """What the call may cost, estimated high; None if no estimate is possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreePricing:
    """A Pricing: every call costs 0, as of `as_of`, whether tokens were counted or not."""

    as_of: date

    def cost(self, _usage: Usage | None, /) -> Decimal:
        return Decimal(0)

    def estimate(self, _request: ImageRequest, /) -> Decimal:
        return Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPricing:
    """A Pricing by tokens: US dollars per million, as published on `as_of`.

    The cached rates are for input that the provider had read shortly before; None where no
    such discount is known. Without `estimates`, no request can be estimated.
    """

    text_in: Decimal
    image_in: Decimal
    out: Decimal
    as_of: date
    cached_text_in: Decimal | None = None
    cached_image_in: Decimal | None = None
    estimates: TokenEstimates | None = None

    def cost(self, usage: Usage | None, /) -> Decimal | None:
        """The cost of these tokens; None if they were not counted."""
        if usage is None:
            return None
        total = (
            usage.text_tokens_in * self.text_in
            + usage.image_tokens_in * self.image_in
            + usage.tokens_out * self.out
        )
        return (total - self._discount(usage)) / PER_TOKENS

    def estimate(self, request: ImageRequest, /) -> Decimal | None:
        return self.cost(self.estimates.usage(request)) if self.estimates else None

    def _discount(self, usage: Usage) -> Decimal:
        text, image = self.cached_text_in, self.cached_image_in
        on_text = Decimal(0) if text is None else self.text_in - text
        on_image = Decimal(0) if image is None else self.image_in - image
        return usage.cached_text_tokens_in * on_text + usage.cached_image_tokens_in * on_image
