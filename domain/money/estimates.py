"""Estimates of what calls cost, which learn from settled calls of the same kind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple, Self

from domain.jobs import Job
from domain.money.token_estimates import input_images
from domain.requests import ImageRequest

MAX_SEEN_CALLS = 20
"""Settled calls of a kind that an estimate learns from: the latest ones."""
SEEN_WITHIN = timedelta(days=30)
"""How long an estimate remembers a call. Without an end, a limit that one expensive call exceeded
would refuse all calls of its kind forever, because no cheaper one could follow."""
SAME_CALL = Decimal("0.9")
"""A request for which the model card expects at least this share of a seen call's cost counts as no
smaller than that call: prompts differ in length."""
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
    """A settled call: what one of its delivered images cost, and what that depends on.

    `cost` is in US dollars. `card_estimate` is what the model card expected for one image, None if
    it has no estimates. `input_images` counts the mask, too.
    """

    cost: Decimal
    card_estimate: Decimal | None
    partial_images: int = 0
    input_images: int = 0

    def image_cost(self, request: ImageRequest, card_estimate: Decimal | None) -> Decimal:
        """What one image of the request costs if the call is like this one.

        `card_estimate` is what the model card expects for that image.
        """
        if card_estimate is None or not self.card_estimate:
            return self.cost * self._growth(request)
        if card_estimate < SAME_CALL * self.card_estimate:
            return card_estimate + max(Decimal(0), self.cost - self.card_estimate)
        return self.cost * max(Decimal(1), card_estimate / self.card_estimate)

    def _growth(self, request: ImageRequest) -> Decimal:
        """How much more the request asks for, where nothing is known of the prices.

        A partial image costs no more than an image, and twice the input images no more than twice
        the call.
        """
        partials = Decimal(1 + request.partial_images) / (1 + self.partial_images)
        inputs = Decimal(input_images(request)) / max(1, self.input_images)
        return max(Decimal(1), partials) * max(Decimal(1), inputs)


SeenCalls = Mapping[CallKind, Sequence[SeenCall]]
"""Settled calls by their kinds; a kind without any may be missing."""


def estimate_cost(job: Job[ImageRequest], seen: Iterable[SeenCall]) -> Decimal | None:
    """US dollars that the job's call may cost; None if neither the card nor a seen call says.

    `seen` are settled calls of the same kind. The estimate is never below the model card's own, and
    never below what an image of a seen call cost, unless the card expects less for this request.
    """
    own, number = job.card.estimate(job.request), job.request.n
    if own == 0:
        return own  # the provider is free
    own_image = None if own is None else own / number
    images = (each.image_cost(job.request, own_image) for each in seen)
    learned = max(images, default=None)
    if learned is None:
        return own
    total = (number * learned).quantize(MICRODOLLAR, ROUND_CEILING)
    return total if own is None else max(own, total)
