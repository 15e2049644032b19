"""The price of several images from a model that makes one in a call."""

from dataclasses import dataclass, replace
from decimal import Decimal

from domain.money.prices import PaidCall, Pricing
from domain.requests import ImageRequest
from domain.results import Usage


@dataclass(frozen=True, slots=True)
class EachImagePricing:
    """A Pricing: each image is a call of its own."""

    of_one: Pricing

    def cost(self, usage: Usage | None, call: PaidCall | None = None, /) -> Decimal | None:
        if call is not None:
            call = call._replace(calls=max(1, min(call.images, call.request.n)))
        return self.of_one.cost(usage, call)

    def estimate(self, request: ImageRequest, /) -> Decimal | None:
        one = self.of_one.estimate(replace(request, n=1))
        return None if one is None else request.n * one
