"""Estimates of what calls cost, which learn from settled calls of the same kind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from math import ceil
from typing import NamedTuple, Self

from domain.jobs import Job
from domain.models import ModelCard
from domain.money.mainline_pricing import READINGS
from domain.money.token_estimates import input_images
from domain.requests import ImageRequest
from domain.results import MainlineUsage, Usage

MAX_SEEN_CALLS = 20
"""Settled calls of a kind that an estimate learns from: the latest ones."""
SEEN_WITHIN = timedelta(days=30)
"""How long an estimate remembers a call. Without an end, a limit that one expensive call exceeded
would refuse all calls of its kind forever, because no cheaper one could follow."""
TEXT_TOKENS = Decimal(1000)
"""The most text tokens of a seen call that count for a request with a short prompt."""
MICRODOLLAR = Decimal("0.000001")


class CallKind(NamedTuple):
    """What calls have in common whose costs are compared. `size` and `quality` may be "auto"."""

    provider: str
    model: str
    action: str
    size: str
    quality: str

    @classmethod
    def of(cls, job: Job[ImageRequest]) -> Self:
        """The kind of the job's call."""
        request = job.request
        size = "auto" if request.size is None else str(request.size)
        return cls(job.provider, job.model, job.action, size, request.quality.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """A settled call: what its delivered images cost in US dollars, and what that depends on.

    `usage` is None if the provider counted no tokens. `input_images` counts the mask, too.
    """

    images: int
    cost: Decimal
    usage: Usage | None
    partial_images: int = 0
    input_images: int = 0

    def cost_of(self, request: ImageRequest, card: ModelCard) -> Decimal | None:
        """What the request costs if its images are like the delivered ones.

        None if that says nothing: a model that is not priced by tokens is estimated by its card.
        """
        own = card.estimate(request)
        if self.usage is None:
            growth = self._partials_growth(request) * self._inputs_growth(request)
            return self.cost * request.n / self.images * growth if own is None else None
        fewer = replace(request, partial_images=min(request.partial_images, self.partial_images))
        cost = card.cost(self._usage_of(fewer, self.usage))
        if cost is None or fewer.partial_images == request.partial_images:
            return cost
        without = card.estimate(fewer)
        if own is None or without is None:
            return cost * self._partials_growth(request)
        return cost + own - without

    def _usage_of(self, request: ImageRequest, usage: Usage) -> Usage:
        share = Decimal(request.n) / self.images
        # One token a byte is the most that a prompt can be.
        prompt = Decimal(len(request.prompt_in_context.encode()))
        text = max(prompt, min(usage.text_tokens_in / Decimal(self.images), TEXT_TOKENS))
        inputs = Decimal(input_images(request)) / max(1, self.input_images)
        return Usage(
            text_tokens_in=ceil(request.n * text),
            image_tokens_in=ceil(share * inputs * usage.image_tokens_in),
            tokens_out=ceil(share * usage.tokens_out),
            mainline=usage.mainline and _longer(usage.mainline, int(prompt)),
        )

    def _partials_growth(self, request: ImageRequest) -> Decimal:
        """A partial image costs no more than an image."""
        return max(Decimal(1), Decimal(1 + request.partial_images) / (1 + self.partial_images))

    def _inputs_growth(self, request: ImageRequest) -> Decimal:
        """Twice the input images cost no more than twice the call."""
        return max(Decimal(1), Decimal(input_images(request)) / max(1, self.input_images))


def _longer(seen: MainlineUsage, prompt: int) -> MainlineUsage:
    """The tokens of a seen call, and those of a prompt beside all that it read; none are cached."""
    return MainlineUsage(
        tokens_in=seen.tokens_in + READINGS * prompt, tokens_out=seen.tokens_out + prompt
    )


SeenCalls = Mapping[CallKind, Sequence[SeenCall]]
"""Settled calls by their kinds; a kind without any may be missing."""


def estimate_cost(job: Job[ImageRequest], seen: Iterable[SeenCall]) -> Decimal | None:
    """US dollars that the job's call may cost; None if neither the card nor a seen call says.

    `seen` are settled calls of the same kind. The estimate is never below the model card's own, and
    never below what the images of a seen call cost, scaled to the number of images, partial images
    and input images of the request.
    """
    own = job.card.estimate(job.request)
    if own == 0:
        return own  # the provider is free
    costs = [each.cost_of(job.request, job.card) for each in seen]
    learned = [cost.quantize(MICRODOLLAR, ROUND_CEILING) for cost in costs if cost is not None]
    known = learned if own is None else [own, *learned]
    return max(known, default=None)
