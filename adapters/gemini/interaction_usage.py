"""The tokens of an interaction: those of images, and those of words and thoughts."""

from collections.abc import Mapping
from typing import Any

from domain.results import MainlineUsage, Usage

MAX_TOKENS = 10_000_000
"""Tokens of one kind in a call; with a larger count, the others are not reliable either."""


def parse_usage(usage: object) -> Usage | None:
    """The token counts; None if the input, the output or the image's share of it is missing.

    Published replies count thoughts within the output, beside it, or not at all: where the total is
    more than input and output, the rest counts as thoughts, which is what they cost.
    """
    total_in, out = _count(usage, "total_input_tokens"), _count(usage, "total_output_tokens")
    if not isinstance(usage, Mapping) or total_in is None or out is None:
        return None
    images_out = _of_images(usage, "output_tokens_by_modality")
    if images_out is None and out:
        return None
    thoughts = _count(usage, "total_thought_tokens") or 0
    total, tools = _count(usage, "total_tokens"), _count(usage, "total_tool_use_tokens") or 0
    made = out + thoughts if total is None else max(total - total_in - tools, out)
    images_in = _of_images(usage, "input_tokens_by_modality") or 0
    counts = (total_in + tools, made, images_in, images_out or 0)
    if max(counts) > MAX_TOKENS:
        return None
    of_images = min(images_out or 0, made)
    return Usage(
        text_tokens_in=max(total_in - images_in, 0) + tools,
        image_tokens_in=min(images_in, total_in),
        tokens_out=of_images,
        mainline=MainlineUsage(tokens_in=0, tokens_out=made - of_images),
    )


def _count(of: object, name: str) -> int | None:
    """The count in this field, if it is an integer of at least 0."""
    value = of.get(name) if isinstance(of, Mapping) else None
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None


def _of_images(usage: Mapping[str, Any], name: str) -> int | None:
    """The tokens of images in a breakdown; None if there is none, or one without their count."""
    kinds = usage.get(name)
    if not isinstance(kinds, list) or not kinds:
        return None
    of_images = [
        _count(each, "tokens")
        for each in kinds
        if isinstance(each, Mapping) and str(each.get("modality")).lower() == "image"
    ]
    return None if None in of_images else sum(each or 0 for each in of_images)
