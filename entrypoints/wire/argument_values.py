"""What a client means by a value: other spellings of what the schema of an argument allows."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from domain.size_spellings import as_size
from domain.untrusted_text import is_visible
from entrypoints.wire.argument_names import is_null_word, squeezed
from entrypoints.wire.argument_shapes import bare_value
from entrypoints.wire.argument_specs import ArgumentSpec
from entrypoints.wire.delivery_texts import as_delivery
from entrypoints.wire.image_texts import as_reference, listed_references
from entrypoints.wire.unicode_text import without_edges

OMITTED = msgspec.UNSET
NONE_IS_A_WISH = frozenset({"background", "moderation", "output_compression"})
"""Arguments of which "none" may ask for something. Python's "None" still means nothing there."""
INTEGER = re.compile(r"([+-]?[0-9]{1,18})(?:\.0*)?(?:\s*images?)?")
PERCENTAGE = re.compile(r"([0-9]{1,3})(?:\.0*)?\s*(?:%|percent)")
NUMBER_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4}
BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "y", "t", "1", "enabled"), True),
    **dict.fromkeys(("false", "no", "off", "n", "f", "0", "disabled"), False),
}
QUOTED = re.compile(r"(['\"`])(.*)\1", re.DOTALL)
SYNONYMS = {
    **dict.fromkeys(("jpg", "jpe", "imagejpg", "imagejpeg", "imagepjpeg"), "jpeg"),
    "imagepng": "png",
    "imagexpng": "png",
    "imagewebp": "webp",
    "imageavif": "avif",
    "extrahigh": "xhigh",
    "maximum": "max",
    "automatic": "auto",
}
"""Other words for a choice, as letters and digits."""
MEANINGS: Mapping[str, Callable[[object], object]] = {
    "size": as_size,
    "delivery": as_delivery,
    "image": as_reference,
}
"""What reads a text with more spellings than the schema shows, by `ArgumentSpec.means`."""


def is_omitted(spec: ArgumentSpec, value: object) -> bool:
    """Whether the value stands for an argument that is left out."""
    if value is None or (value is False and spec.means == "image"):
        return True
    if value in ([], {}):
        return not spec.required and spec.schema.get("type") != "array"
    if spec.required or not is_null_word(value):
        return False
    text = str(value).strip()
    return text == "None" or text.lower() != "none" or spec.name not in NONE_IS_A_WISH


def meant_value(spec: ArgumentSpec, value: object) -> Any:  # noqa: ANN401 - any JSON value, or OMITTED
    """The value in the schema's own spelling; unchanged if that is not certain."""
    kind = spec.schema.get("type")
    if kind != "array":
        value = bare_value(spec.name, value)
    if is_omitted(spec, value):
        return OMITTED
    if kind == "integer":
        return _integer(spec, value)
    if kind == "boolean":
        return _boolean(value)
    if kind == "array":
        return _entries(spec, value)
    if spec.choices:
        return _choice(spec.choices, value)
    if as_meant := MEANINGS.get(spec.means):
        return as_meant(value)
    if not isinstance(value, str):
        return value
    return (value if is_visible(value) else "") if spec.required else _unquoted(value)


def _integer(spec: ArgumentSpec, value: object) -> object:
    number: object = value
    if isinstance(value, float) and value.is_integer():
        number = int(value)
    elif isinstance(value, str):
        number = _written_integer(spec, _unquoted(value).casefold())
    is_off = number is False or (type(number) is int and number == 0)
    if isinstance(number, str):
        is_off = BOOLEANS.get(number) is False
    return OMITTED if is_off and spec.zero_means_omitted else number


def _written_integer(spec: ArgumentSpec, text: str) -> int | str:
    """The number that a text means; the text itself if that is not certain."""
    if match := INTEGER.fullmatch(text):
        return int(match[1])
    if spec.schema.get("minimum") == 0 and (match := PERCENTAGE.fullmatch(text)):
        return int(match[1])
    return NUMBER_WORDS.get(text, text)


def _boolean(value: object) -> object:
    if isinstance(value, str):
        word = _unquoted(value[:20]).casefold()
        return BOOLEANS.get(word.removesuffix(".0"), value)
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else value


def _unquoted(text: str) -> str:
    """The text without blanks and characters of no width around it, and without quotation marks."""
    text = without_edges(text)
    match = QUOTED.fullmatch(text)
    return without_edges(match[2]) if match else text


def _choice(choices: list[str], value: object) -> object:
    if not isinstance(value, str):
        return value
    key = squeezed(value)
    return next((choice for choice in choices if choice in (key, SYNONYMS.get(key))), value)


def _entries(spec: ArgumentSpec, value: object) -> object:
    """A list, from one entry or from a list in a text."""
    if isinstance(value, dict) and len(value) == 1:
        value = value.get(spec.name, value)
    if isinstance(value, str) and not value.strip():
        return []
    entries = listed_references(value) if isinstance(value, str) else value
    if isinstance(entries, dict):
        entries = [entries]
    if not isinstance(entries, list):
        return entries
    return [as_reference(entry) for entry in entries] if spec.means == "image" else entries
