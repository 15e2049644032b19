"""What an image of 1024x1024 costs at each quality of a model, by the estimates."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from domain.errors import InvalidRequest
from domain.image_formats import Dimensions
from domain.models import ModelCard
from domain.requests import GenerateRequest, Quality

SQUARE = Dimensions(1024, 1024)
PROMPT = "a lighthouse above a quiet sea at dusk, with one lit window, in the style of a woodcut"
"""A prompt of usual length; its tokens are a small part of the cost."""


def square_costs(card: ModelCard, name: str) -> Mapping[str, Decimal | None]:
    """US dollars by quality, as calls are estimated before they are sent; None if unknown.

    Without qualities, the only one is `auto`.
    """
    steps = [quality for quality in Quality if quality in card.qualities]
    steps = [quality for quality in steps if quality is not Quality.AUTO] or [Quality.AUTO]
    return {quality.value: _cost(card, name, quality) for quality in steps}


def _cost(card: ModelCard, name: str, quality: Quality) -> Decimal | None:
    request = GenerateRequest(prompt=PROMPT, model=name, size=SQUARE, quality=quality)
    try:
        return card.estimate(replace(card.sized(request), model=card.name))
    except InvalidRequest:
        return None
