"""Spellings of an image's size."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from unicodedata import normalize

from domain.image_formats import Dimensions
from domain.size_words import SHAPES, SIZES, SizeInWords

SIDE = r"(\d{1,5})(?:\.0+)?\s*(?:px)?"
SIZE = re.compile(rf"(?<!\d){SIDE}\s*(?:[x\u0445×✕✖*,]|by)\s*{SIDE}(?!\d)")
"""\u0445 is the Cyrillic letter that looks like an x."""
ONE_SIDE = re.compile(SIDE)
RATIO = re.compile(
    r"(?<![\d.])(\d{1,4}(?:\.\d{1,2})?)\s*(?:[:/_∶\u2044]|to)\s*(\d{1,4}(?:\.\d{1,2})?)(?![\d.])"
)
AROUND = " \t\r\n\"'`.;()[]\u200b\ufeff"
"""What clients write around a size without meaning anything."""
MAX_RATIO_SIDE = 64
"""Two numbers up to this one, such as 16x9, are a ratio, because no image is that small."""
SYNONYMS: Mapping[str, str] = {
    **dict.fromkeys(("horizontal", "paysage"), "landscape"),
    **dict.fromkeys(("vertical", "tall", "upright"), "portrait"),
    **dict.fromkeys(("squared", "quadratic"), "square"),
    **dict.fromkeys(("wide", "widescreen"), "16:9"),
    **dict.fromkeys(("ultrawide", "cinematic"), "21:9"),
    **dict.fromkeys(("panorama", "panoramic"), "3:1"),
    **dict.fromkeys(("720p", "hdready"), "hd"),
    **dict.fromkeys(("fullhd", "fhd", "1080p"), "1920x1080"),
    **dict.fromkeys(("qhd", "wqhd", "1440p"), "2560x1440"),
    **dict.fromkeys(("uhd", "2160p", "ultrahd"), "4k"),
    **dict.fromkeys(("8k", "4320p"), "7680x4320"),
    "1k": "1024x1024",
    **dict.fromkeys([f"a{number}" for number in range(8)], "1:1.41"),
    "letter": "8.5:11",
}
"""Other words for a size, in lower case."""
NOISE = frozenset(
    {"aspect", "ratio", "orientation", "format", "size", "resolution", "px", "pixels"}
    | {"din", "iso", "us", "paper", "page"}
)
"""Words that say nothing about the size."""
WORD = re.compile(r"[^\W_]+")
NUMBER = re.compile(r"(?<![^\Wx])\d{1,5}(?:\.\d{1,2})?(?=px|\b|x(?!\w))")
"""A number by itself, and not a part of a word such as `5k`."""
NEGATIVE = re.compile(r"(?:^|\s)[-−]\s*\d")
MAX_RATIO = 4.0
"""A larger single number is a side in pixels."""
CONTRADICTION = "contradiction"
"""In place of a shape, if there are two."""


@dataclass(slots=True)
class _Found:
    """What a text says: pixels or a ratio, the name of a size, a shape, and a word of the rest."""

    sides: str = ""
    name: str = ""
    shape: str = ""
    rest: str = ""


def as_size(value: object) -> object:
    """`auto`, `WIDTHxHEIGHT`, a ratio or a word, for a value that means just that.

    Any other value is returned unchanged.
    """
    sides = _sides(value)
    if sides is not None:
        joined = as_size("x".join(map(_side, sides)))
        return value if "?" in str(joined) else joined
    if not isinstance(value, str):
        return value
    text = _plain(value)
    if text == "auto":
        return text
    return value if NEGATIVE.search(text) else _meant(text) or value


def nearest_size(value: object) -> str:
    """A size that a value without a clear meaning may stand for; empty if it names none."""
    sides = _sides(value)
    text = _plain("x".join(map(_side, sides)) if sides else str(value))
    found = _found_in(text)
    if found.sides or found.name or found.shape:
        return found.sides or found.name or found.shape
    numbers = NUMBER.findall(text)
    if not all(map(float, numbers)):
        return ""
    if len(numbers) == 2 and all(map(str.isdecimal, numbers)):
        return _as_pixels(numbers[0], numbers[1])
    if len(numbers) != 1:
        return ""
    is_ratio = float(numbers[0]) <= MAX_RATIO
    return _as_ratio(numbers[0], "1") if is_ratio else "x".join(numbers * 2)


def _meant(text: str) -> str:
    """The size that all of the text says; empty if a word says something else."""
    found = _found_in(text)
    if found.shape == CONTRADICTION or found.rest:
        return ""
    sides = found.sides or found.name
    if found.sides and found.name:
        sides = _of_both(found.sides, found.name)
        if not sides:
            return ""
    if not sides or not found.shape:
        return sides or found.shape
    return _oriented(sides, found.shape, is_free=sides != found.sides or ":" in sides)


def _found_in(text: str) -> _Found:
    found = _Found()
    text = text.replace("ultra hd", "uhd").replace("full hd", "fhd")
    for pattern, write in ((SIZE, _as_pixels), (RATIO, _as_ratio)):
        match = pattern.search(text)
        if match and float(match[1]) and float(match[2]):
            found.sides = write(match[1], match[2])
            text = f"{text[: match.start()]} {text[match.end() :]}"
            break
    for word in WORD.findall(text):
        name = SYNONYMS.get(word, word)
        if name in SHAPES:
            found.shape = name if found.shape in ("", name) else CONTRADICTION
        elif (name in SIZES or word in SYNONYMS) and found.name in ("", name):
            found.name = name
        elif word not in NOISE:
            found.rest = word
    return found


def _of_both(sides: str, name: str) -> str:
    """The size that pixels or a ratio and a name mean together; empty if they contradict."""
    one, other = _dimensions(sides), _dimensions(name)
    if one.width * other.height == one.height * other.width:
        return name if ":" in sides else sides
    is_turned = one.width * other.width == one.height * other.height
    return f"{other.height}x{other.width}" if is_turned and ":" in sides else ""


def _oriented(sides: str, shape: str, *, is_free: bool) -> str:
    """The sides in this orientation; empty if they contradict it. `is_free`: they may be turned."""
    size = _dimensions(sides)
    if shape == "square":
        short = min(size.width, size.height)
        is_named = is_free and ":" not in sides
        return sides if size.ratio == 1 else f"{short}x{short}" if is_named else ""
    if size.ratio > 1 and (size.width > size.height) == (shape == "landscape"):
        return sides
    if not is_free or size.ratio == 1:
        return ""
    return ":".join(sides.split(":")[::-1]) if ":" in sides else f"{size.height}x{size.width}"


def _dimensions(sides: str) -> Dimensions:
    words = SizeInWords.parse(sides)
    return words.sides if words else Dimensions.parse(sides)


def _as_pixels(width: str, height: str) -> str:
    is_ratio = max(int(width), int(height)) <= MAX_RATIO_SIDE
    return _as_ratio(width, height) if is_ratio else f"{int(width)}x{int(height)}"


def _as_ratio(one: str, other: str) -> str:
    return f"{float(one):g}:{float(other):g}"


def _plain(text: str) -> str:
    return normalize("NFKC", text[:40]).casefold().strip(AROUND)


def _sides(value: object) -> tuple[object, object] | None:
    """A width and a height; None if the value has other members or is no pair."""
    if isinstance(value, Mapping) and len(value) == 2:
        names = ("width", "height") if "width" in value else ("w", "h")
        return (value[names[0]], value[names[1]]) if value.keys() == {*names} else None
    is_pair = isinstance(value, list) and len(value) == 2
    return (value[0], value[1]) if is_pair and isinstance(value, list) else None


def _side(value: object) -> str:
    """A side in pixels; "?" for what is no whole number."""
    if isinstance(value, str) and ONE_SIDE.fullmatch(value[:20].strip()):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "?"
    return str(int(value)) if value % 1 == 0 and abs(value) < 10**6 else "?"
