"""Spellings of an image's size."""

import re
from collections.abc import Mapping
from math import log

SIZE = re.compile(r"\s*(\d{1,5})\s*(?:px)?\s*(?:[x×✕✖*,]|by)\s*(\d{1,5})\s*(?:px|pixels)?\s*")
RATIO = re.compile(r"\s*(\d{1,5})\s*[:/]\s*(\d{1,5})\s*")
SIDE = re.compile(r"\s*(\d{1,5})\s*(?:px)?\s*")
STANDARD = {"1024x1024": 1.0, "1536x1024": 1.5, "1024x1536": 1 / 1.5}
"""Sizes that all models have, with their ratios."""
SHAPES: Mapping[str, float] = {
    **dict.fromkeys(("landscape", "horizontal", "wide", "widescreen", "panorama"), 1.5),
    **dict.fromkeys(("portrait", "vertical", "tall"), 1 / 1.5),
    "square": 1.0,
}


def as_size(value: object) -> object:
    """`WIDTHxHEIGHT` or `auto` for a value that means just that; else the value unchanged."""
    if isinstance(value, Mapping):
        return as_size([value.get("width"), value.get("height")]) if len(value) == 2 else value
    if isinstance(value, list) and len(value) == 2:
        return as_size(f"{_side(value[0])}x{_side(value[1])}")
    if not isinstance(value, str):
        return value
    text = value[:40].casefold()
    if match := SIZE.fullmatch(text):
        return f"{int(match[1])}x{int(match[2])}"
    return text.strip() if text.strip() == "auto" else value


def nearest_size(value: object) -> str:
    """The standard size of the shape that a value seems to mean; empty if it means none."""
    text = str(value)[:40].casefold() if isinstance(value, str | int | float) else ""
    ratio = SHAPES.get(text.strip())
    if match := SIZE.fullmatch(text) or RATIO.fullmatch(text):
        width, height = int(match[1]), int(match[2])
        ratio = width / height if width and height else None
    elif SIDE.fullmatch(text):
        ratio = 1.0
    return _nearest_standard(ratio) if ratio else ""


def _nearest_standard(ratio: float) -> str:
    return min(STANDARD, key=lambda size: abs(log(ratio / STANDARD[size])))


def _side(value: object) -> str:
    """A side in pixels; "?" for what is no whole number."""
    if isinstance(value, str) and SIDE.fullmatch(value[:20]):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "?"
    return str(int(value)) if value % 1 == 0 and abs(value) < 10**6 else "?"
