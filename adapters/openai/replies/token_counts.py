"""Reads the token counts of a reply."""

from adapters.openai.replies.fields import count_or_none, get_field
from domain.results import MainlineUsage, Usage

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
    places = (get_field(usage, "cached_tokens"), get_field(details, "cached_tokens"))
    cached_tokens = next((n for each in places if (n := count_or_none(each)) is not None), 0)
    cached_images = _cached_images(usage)
    if max(total_in, out, image_tokens, cached_tokens, cached_images) > MAX_TOKENS:
        return None
    images_in, cached = min(image_tokens, total_in), min(cached_tokens, total_in)
    text_in = total_in - images_in
    # Cached tokens without a kind count as text, which has the smaller discount.
    of_images = min(max(cached_images, cached - text_in, 0), images_in, cached)
    return Usage(
        text_tokens_in=text_in,
        image_tokens_in=images_in,
        tokens_out=out,
        cached_text_tokens_in=min(cached - of_images, text_in),
        cached_image_tokens_in=of_images,
    )


def parse_mainline_usage(usage: object) -> MainlineUsage | None:
    """Token counts of the model that called the image tool; None on the same conditions.

    More tokens read from and written to the cache than there is input would lower the cost, so
    what is beyond the input is not counted as cached.
    """
    total_in = count_or_none(get_field(usage, "input_tokens"))
    out = count_or_none(get_field(usage, "output_tokens"))
    if total_in is None or out is None:
        return None
    details = get_field(usage, "input_tokens_details")
    cached = count_or_none(get_field(details, "cached_tokens")) or 0
    written = count_or_none(get_field(details, "cache_write_tokens")) or 0
    if max(total_in, out, cached, written) > MAX_TOKENS:
        return None
    written = min(written, total_in)
    return MainlineUsage(
        tokens_in=total_in,
        tokens_out=out,
        cached_tokens_in=min(cached, total_in - written),
        written_tokens_in=written,
    )


def _cached_images(usage: object) -> int:
    """The cached image tokens where the reply has both kinds; else 0."""
    kinds = get_field(usage, "cached_tokens_details")
    return count_or_none(get_field(kinds, "cached_image_tokens")) or 0
