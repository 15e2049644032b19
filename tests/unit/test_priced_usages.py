"""Forty usages of the Images API, in the shape of its replies, priced exactly.

The counts are made up, in the range of real calls; the amounts were computed apart from this code,
as fractions of the published prices.
"""

from datetime import date
from decimal import Decimal

import pytest

from adapters.openai.catalog import openai_catalog
from adapters.openai.replies.token_counts import parse_usage

TODAY = date(2026, 11, 28)
PRICED = [
    ("gpt-image-2.6-flare", 12, 0, 0, 0, 196, "0.00594"),
    ("gpt-image-2.6-flare", 18, 0, 0, 0, 272, "0.00825"),
    ("gpt-image-2.6-flare", 31, 0, 0, 0, 1056, "0.031835"),
    ("gpt-image-2.6-flare", 47, 0, 0, 0, 1584, "0.047755"),
    ("gpt-image-2.6-flare", 9, 0, 0, 0, 4160, "0.124845"),
    ("gpt-image-2.6-flare", 250, 0, 0, 0, 6240, "0.18845"),
    ("gpt-image-2.6-flare", 20, 323, 0, 0, 272, "0.010844"),
    ("gpt-image-2.6-flare", 64, 646, 0, 0, 1056, "0.037168"),
    ("gpt-image-2.6-flare", 33, 4160, 0, 2048, 1584, "0.068677"),
    ("gpt-image-2.6-flare", 1024, 1292, 1024, 0, 1056, "0.043296"),
    ("gpt-image-2", 12, 0, 0, 0, 196, "0.00594"),
    ("gpt-image-2", 18, 0, 0, 0, 272, "0.00825"),
    ("gpt-image-2", 31, 0, 0, 0, 1056, "0.031835"),
    ("gpt-image-2", 47, 0, 0, 0, 1584, "0.047755"),
    ("gpt-image-2", 9, 0, 0, 0, 4160, "0.124845"),
    ("gpt-image-2", 250, 0, 0, 0, 6240, "0.18845"),
    ("gpt-image-2", 20, 323, 0, 0, 272, "0.010844"),
    ("gpt-image-2", 64, 646, 0, 0, 1056, "0.037168"),
    ("gpt-image-2", 33, 4160, 0, 0, 1584, "0.080965"),
    ("gpt-image-2", 1024, 1292, 1024, 0, 1056, "0.043296"),
    ("gpt-image-1.5", 12, 0, 0, 0, 196, "0.006332"),
    ("gpt-image-1.5", 18, 0, 0, 0, 272, "0.008794"),
    ("gpt-image-1.5", 31, 0, 0, 0, 1056, "0.033947"),
    ("gpt-image-1.5", 47, 0, 0, 0, 1584, "0.050923"),
    ("gpt-image-1.5", 9, 0, 0, 0, 4160, "0.133165"),
    ("gpt-image-1.5", 250, 0, 0, 0, 6240, "0.20093"),
    ("gpt-image-1.5", 20, 323, 0, 0, 272, "0.011388"),
    ("gpt-image-1.5", 64, 646, 0, 0, 1056, "0.03928"),
    ("gpt-image-1.5", 33, 4160, 0, 0, 1584, "0.084133"),
    ("gpt-image-1.5", 1024, 1292, 1024, 0, 1056, "0.049248"),
    ("gpt-image-1-mini", 12, 0, 0, 0, 196, "0.001592"),
    ("gpt-image-1-mini", 18, 0, 0, 0, 272, "0.002212"),
    ("gpt-image-1-mini", 31, 0, 0, 0, 1056, "0.00851"),
    ("gpt-image-1-mini", 47, 0, 0, 0, 1584, "0.012766"),
    ("gpt-image-1-mini", 9, 0, 0, 0, 4160, "0.033298"),
    ("gpt-image-1-mini", 250, 0, 0, 0, 6240, "0.05042"),
    ("gpt-image-1-mini", 20, 323, 0, 0, 272, "0.0030235"),
    ("gpt-image-1-mini", 64, 646, 0, 0, 1056, "0.010191"),
    ("gpt-image-1-mini", 33, 4160, 0, 0, 1584, "0.023138"),
    ("gpt-image-1-mini", 1024, 1292, 1024, 0, 1056, "0.013726"),
]
"""Model; tokens of text and images in, those of each that were cached, and out; US dollars."""


@pytest.mark.parametrize(
    ("model", "text", "images", "cached_text", "cached_images", "out", "usd"), PRICED
)
def test_a_usage_is_priced_exactly(
    model: str, text: int, images: int, cached_text: int, cached_images: int, out: int, usd: str
) -> None:
    usage = parse_usage(
        {
            "total_tokens": text + images + out,
            "input_tokens": text + images,
            "output_tokens": out,
            "input_tokens_details": {
                "text_tokens": text,
                "image_tokens": images,
                "cached_tokens": cached_text + cached_images,
            },
            "cached_tokens_details": {
                "cached_text_tokens": cached_text,
                "cached_image_tokens": cached_images,
            },
        }
    )
    card = openai_catalog().choose(model, TODAY).card
    assert card.cost(usage) == Decimal(usd)


def test_there_are_forty() -> None:
    assert len(PRICED) == 40
