"""Spellings of an image's size."""

import re
from collections.abc import Mapping
from math import log
from unicodedata import normalize

SIDE = r"(\d{1,5})(?:\.0+)?\s*(?:px)?"
SIZE = re.compile(rf"{SIDE}\s*(?:[x\u0445×✕✖*,]|by)\s*{SIDE}(?:\s*pixels)?")
"""\u0445 is the Cyrillic letter that looks like an x."""
ONE_SIDE = re.compile(SIDE)
NUMBERS = re.compile(r"\d{1,5}(?:\.\d{1,4})?")
AROUND = " \t\r\n\"'`.;()[]\u200b\ufeff"
"""What clients write around a size without meaning anything."""
STANDARD = {"1024x1024": 1.0, "1536x1024": 1.5, "1024x1536": 1 / 1.5}
"""Sizes that all models have, with their ratios."""
SHAPES: Mapping[str, float] = {
    **dict.fromkeys(("landscape", "horizontal", "wide", "widescreen", "panorama"), 1.5),
    **dict.fromkeys(("portrait", "vertical", "tall"), 1 / 1.5),
    "square": 1.0,
    **dict.fromkeys(("hd", "fullhd", "fhd", "720p", "1080p", "2k", "4k", "uhd"), 1.5),
}

MAX_RATIO = 4.0
"""A larger single number is a side in pixels."""


def as_size(value: object) -> object:
    """`WIDTHxHEIGHT` or `auto` for a value that means just that; else the value unchanged."""
    sides = _sides(value)
    if sides is not None:
        joined = as_size("x".join(map(_side, sides)))
        return value if "?" in str(joined) else joined
    if not isinstance(value, str):
        return value
    text = _plain(value)
    if match := SIZE.fullmatch(text):
        return f"{int(match[1])}x{int(match[2])}"
    return text if text == "auto" else value


def nearest_size(value: object) -> str:
    """The standard size of the shape that a value seems to mean; empty if it means none."""
    sides = _sides(value)
    text = _plain("x".join(map(_side, sides)) if sides else str(value))
    words = re.findall(r"[^\W_]+", text)
    ratio = next((SHAPES[word] for word in words if word in SHAPES), None)
    numbers = [float(number) for number in NUMBERS.findall(text)]
    if ratio is None and len(numbers) == 2 and all(numbers):
        ratio = numbers[0] / numbers[1]
    elif len(numbers) == 1 and ratio is None:
        is_side = numbers[0] > MAX_RATIO
        ratio = 1.0 if is_side else numbers[0]
    return _nearest_standard(ratio) if ratio else ""


def _plain(text: str) -> str:
    return normalize("NFKC", text[:40]).casefold().strip(AROUND)


def _sides(value: object) -> tuple[object, object] | None:
    """A width and a height; None if the value has other members or is no pair."""
    if isinstance(value, Mapping) and len(value) == 2:
        names = ("width", "height") if "width" in value else ("w", "h")
        return (value[names[0]], value[names[1]]) if value.keys() == {*names} else None
    is_pair = isinstance(value, list) and len(value) == 2
    return (value[0], value[1]) if is_pair and isinstance(value, list) else None


def _nearest_standard(ratio: float) -> str:
    return min(STANDARD, key=lambda size: abs(log(ratio / STANDARD[size])))


def _side(value: object) -> str:
    """A side in pixels; "?" for what is no whole number."""
    if isinstance(value, str) and ONE_SIDE.fullmatch(value[:20].strip()):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "?"
    return str(int(value)) if value % 1 == 0 and abs(value) < 10**6 else "?"
