"""The valid value that is nearest to a wrong one, for the hint of a refusal."""

import re
from difflib import get_close_matches
from math import isfinite

from domain.size_spellings import nearest_size
from entrypoints.wire.argument_names import squeezed
from entrypoints.wire.argument_specs import ArgumentSpec
from entrypoints.wire.delivery_texts import nearest_delivery

NEAREST_CHOICES = {
    **dict.fromkeys(("hd", "hq", "premium"), ("high",)),
    **dict.fromkeys(("ultra", "best", "4k"), ("max",)),
    **dict.fromkeys(("standard", "normal", "mid", "regular", "balanced"), ("medium",)),
    **dict.fromkeys(("draft", "fast"), ("low",)),
    "none": ("transparent", "low"),
    "off": ("opaque", "low"),
    **dict.fromkeys(("clear", "alpha", "true", "yes"), ("transparent",)),
    **dict.fromkeys(("solid", "white", "black", "false", "no"), ("opaque",)),
    **dict.fromkeys(("strict", "high", "on", "default", "standard"), ("medium", "auto")),
    **dict.fromkeys(("gif", "bmp", "tif", "tiff", "svg"), ("png",)),
    **dict.fromkeys(("heic", "heif", "jfif"), ("jpeg",)),
}
"""The choices that come nearest to a word of other image services: the first that is valid."""
NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,9})?(?:[eE][+-]?\d{1,2})?")
PERCENT = (0, 100)
"""The range in which a fraction means that many of 100."""


def nearest_value(spec: ArgumentSpec, value: object) -> str:
    """The valid value that is nearest to this one; empty if none is near."""
    if spec.means == "size":
        return nearest_size(value)
    if spec.means == "delivery":
        return nearest_delivery(value)
    if spec.choices:
        is_word = isinstance(value, str | bool)
        return _nearest_choice(spec.choices, str(value)) if is_word else ""
    least, most = spec.schema.get("minimum"), spec.schema.get("maximum")
    return "" if least is None or most is None else _nearest_number(value, least, most)


def _nearest_choice(choices: list[str], text: str) -> str:
    words = [squeezed(text), *map(squeezed, re.findall(r"[^\W_]+", text[:200]))]
    for word in words:
        near = (word, *NEAREST_CHOICES.get(word, ()))
        if found := next((each for each in near if each in choices), ""):
            return found
    close = get_close_matches(words[0], [*choices, *NEAREST_CHOICES])
    nearest = [each for word in close for each in (word, *NEAREST_CHOICES.get(word, ()))]
    return next((each for each in nearest if each in choices), "")


def _nearest_number(value: object, least: int, most: int) -> str:
    if isinstance(value, int):  # of any size: a float has no room for all
        return str(min(max(int(value), least), most)) if value is not False else ""
    if isinstance(value, str):
        found = NUMBER.search(value[:200])
        value = float(found[0]) if found else None
    if not isinstance(value, float) or not isfinite(value):
        return ""
    if (least, most) == PERCENT and 0 < value < 1:
        value *= most
    return str(min(max(round(value), least), most))
