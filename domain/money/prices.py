"""What calls of a model cost: from their usage afterwards, and as an estimate before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Protocol

from domain.image_formats import Dimensions
from domain.money.token_estimates import TokenEstimates, input_images
from domain.requests import EditRequest, ImageRequest
from domain.results import Usage

PER_TOKENS = 1_000_000


class Pricing(Protocol):
    """How a model's calls are priced. All amounts are US dollars, not rounded."""

    def cost(self, usage: Usage | None, call: "PaidCall | None" = None, /) -> Decimal | None:
        """The cost of a call with this usage; None if it is unknown.

        `call` is None for a call that has delivered no image.
        """

    def estimate(self, request: ImageRequest, /) -> Decimal | None:
        """What the call may cost, estimated high; None if no estimate is possible."""


class PaidCall(NamedTuple):
    """A request, and how many images its call, or its calls, have delivered."""

    request: ImageRequest
    images: int
    calls: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FreePricing:
    """A Pricing: every call costs 0, as of `as_of`, whether tokens were counted or not."""

    as_of: date

    def cost(self, _usage: Usage | None, _call: PaidCall | None = None, /) -> Decimal:
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

    def cost(self, usage: Usage | None, _call: PaidCall | None = None, /) -> Decimal | None:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePricing:
    """A Pricing by images: US dollars for each, as published on `as_of`.

    `by_size` has the sizes whose price is not `per_image`. `per_input_image` is added in
    each call for each input image, and for a mask. What is delivered is charged, whatever the
    provider counts.
    """

    per_image: Decimal
    as_of: date
    by_size: Mapping[Dimensions, Decimal] = field(default_factory=dict)
    per_input_image: Decimal = Decimal(0)

    def cost(self, _usage: Usage | None, call: PaidCall | None = None, /) -> Decimal | None:
        return None if call is None else self._price(call.request, call.images, call.calls)

    def estimate(self, request: ImageRequest, /) -> Decimal:
        return self._price(request, request.n)

    def _price(self, request: ImageRequest, images: int, calls: int = 1) -> Decimal:
        if request.size is None:  # the dearest that the model may choose
            each = max(self.per_image, *self.by_size.values(), Decimal(0))
        else:
            each = self.by_size.get(request.size, self.per_image)
        inputs = input_images(request) if isinstance(request, EditRequest) else 0
        return images * each + calls * inputs * self.per_input_image
