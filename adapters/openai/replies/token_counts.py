"""Reads the token counts of a reply."""

from adapters.openai.replies.fields import count_or_none, get_field
from domain.results import Usage

MAX_TOKENS = 10_000_000
"""Tokens of one kind in a call; a larger count is ignored. The largest estimate of models.toml is
0.7 million: four images of 3840x2160 from 16 images and 32,000 characters of four bytes."""


def parse_usage(usage: object) -> Usage | None:
    """Token counts of a reply; None if it lacks the input or the output count.

    Also None if any count exceeds MAX_TOKENS, because the others are then not reliable either.
    """
    total_in = count_or_none(get_field(usage, "input_tokens"))
    out = count_or_none(get_field(usage, "output_tokens"))
    if total_in is None or out is None:
        return None
    details = get_field(usage, "input_tokens_details")
    image_tokens = count_or_none(get_field(details, "image_tokens")) or 0
    cached_tokens = count_or_none(get_field(details, "cached_tokens")) or 0
    if max(total_in, out, image_tokens, cached_tokens) > MAX_TOKENS:
        return None
    images_in, cached = min(image_tokens, total_in), min(cached_tokens, total_in)
    text_in = total_in - images_in
    # Cached tokens come without a kind: count them as text, which has the smaller discount.
    return Usage(
        text_tokens_in=text_in,
        image_tokens_in=images_in,
        tokens_out=out,
        cached_text_tokens_in=min(cached, text_in),
        cached_image_tokens_in=max(0, cached - text_in),
    )
