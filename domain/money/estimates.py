"""What a call may cost, before it is sent: an estimate on the high side, from the model's card."""

from dataclasses import replace
from decimal import Decimal

from domain.models import ModelCard
from domain.requests import SQUARE, EditRequest, ImageRequest, Quality
from domain.results import Usage

PROMPT_EXTRA = 100
"""Text tokens beyond the prompt's own; up to 80 were seen with edits of gpt-image-1.5
(OpenAI's developer community, 2026-06-25)."""


def estimate(request: ImageRequest, card: ModelCard) -> Decimal | None:
    """US dollars, by the card's price and `PictureTokens`; None where the card lacks either.

    A prompt counts as a token a byte, which is the most that it can be, and the mask as one more
    picture. Where the model chooses the size, it is taken to choose the most expensive listed.
    """
    price = card.price
    return None if price is None else price.cost(_tokens(request, card))


def cheaper_alternatives(request: ImageRequest, card: ModelCard, most: Decimal) -> list[str]:
    """Changes of one option each that bring the estimate down to `most`, in words."""
    found = []
    for words, other in _alternatives(request):
        cost = estimate(other, card)
        if cost is not None and cost <= most and card.unsupported_option(other) is None:
            found.append(f"{words} (about ${cost:.3f})")
    return found


def _tokens(request: ImageRequest, card: ModelCard) -> Usage | None:
    """A call for n pictures is billed as n calls (OpenAI's developer community, 2026-06-12)."""
    table = card.tokens
    sizes = card.sizes.listed if request.size is None else {request.size}
    painted = table.output_tokens(sizes, request.quality) if table and sizes else None
    if table is None or painted is None:
        return None
    return Usage(
        text_tokens_in=request.n * (len(request.prompt.encode()) + PROMPT_EXTRA),
        image_tokens_in=request.n * _input_images(request) * table.per_input_image,
        tokens_out=request.n * (painted + request.partial_images * table.per_partial),
    )


def _input_images(request: ImageRequest) -> int:
    if not isinstance(request, EditRequest):
        return 0
    return len(request.images) + (request.mask is not None)


def _alternatives(request: ImageRequest) -> list[tuple[str, ImageRequest]]:
    return [
        ("quality medium", replace(request, quality=Quality.MEDIUM)),
        ("quality low", replace(request, quality=Quality.LOW)),
        ("n 1", replace(request, n=1)),
        ("no partialImages", replace(request, partial_images=0)),
        (f"size {SQUARE}", replace(request, size=SQUARE)),
    ]
