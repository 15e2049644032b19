"""Smaller requests that a spending limit would allow."""

from dataclasses import replace
from decimal import Decimal

from domain.models import ModelCard
from domain.requests import SQUARE, ImageRequest, Quality


def cheaper_alternatives(request: ImageRequest, card: ModelCard, most: Decimal) -> list[str]:
    """Changes of one option each that bring the estimate down to `most`, in words."""
    fitting = []
    for words, other in _alternatives(request):
        cost = card.estimate(other)
        if cost is not None and cost <= most and card.unsupported_option(other) is None:
            fitting.append(f"{words} (about ${cost:.3f})")
    return fitting


def _alternatives(request: ImageRequest) -> list[tuple[str, ImageRequest]]:
    return [
        ("quality medium", replace(request, quality=Quality.MEDIUM)),
        ("quality low", replace(request, quality=Quality.LOW)),
        ("n 1", replace(request, n=1)),
        ("no partialImages", replace(request, partial_images=0)),
        (f"size {SQUARE}", replace(request, size=SQUARE)),
    ]
