"""Spellings of the size in which an image is delivered."""

import re
from collections.abc import Mapping
from unicodedata import normalize

from domain.size_spellings import SIZE

FITS = {
    **dict.fromkeys(("cover", "covers", "crop", "cropped", "fill", "filled", "outside"), " cover"),
    **dict.fromkeys(("fit", "fits", "contain", "contained", "inside", "within", "into"), ""),
}
"""What programs call the two ways to fit an image into a box, as they are written after it."""
SIDES = (("width", "height"), ("w", "h"))
WAYS = ("fit", "mode", "resize", "object_fit")
"""Names of the way, in an object with the sides."""
WORD = re.compile(r"[^\W_]+")


def as_delivery(value: object) -> object:
    """`800x600` or `800x600 cover` for a value that means just that; else the value unchanged."""
    text = _joined(value)
    match = SIZE.search(text)
    if match is None:
        return value
    words = WORD.findall(f"{text[: match.start()]} {text[match.end() :]}")
    ways = {FITS.get(word, "?") for word in words} or {""}
    way = ways.pop()
    is_clear = not ways and way != "?" and int(match[1]) and int(match[2])
    return f"{int(match[1])}x{int(match[2])}{way}" if is_clear else value


def nearest_delivery(value: object) -> str:
    """The size in a value with other words; empty if there is none."""
    match = SIZE.search(_joined(value) or str(value)[:100])
    if match is None or not int(match[1]) or not int(match[2]):
        return ""
    return f"{int(match[1])}x{int(match[2])}"


def _joined(value: object) -> str:
    """The value as one text; empty if it has members that mean nothing here."""
    if isinstance(value, Mapping):
        rest = dict(value)
        found = next((names for names in SIDES if rest.keys() >= {*names}), None)
        if found is None:
            return ""
        sides = [str(rest.pop(name)) for name in found]
        way = [str(rest.pop(name)) for name in WAYS if name in rest]
        return "" if rest else _plain(f"{'x'.join(sides)} {' '.join(way)}")
    if isinstance(value, list) and len(value) == 2:
        return _plain("x".join(map(str, value)))
    return _plain(value) if isinstance(value, str) else ""


def _plain(text: str) -> str:
    return normalize("NFKC", text[:60]).casefold().replace("+", " ")
