"""Strict checks on a request's fields. Pure: fields become an order, or raise Refused.

Sources: the parameter texts of openai 3.54.0 and OpenAI's model pages, read 2026-11-22. Where
the documentation of the real API is not precise, the stricter reading applies.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.standin.model_list import MODELS, Model
from tests.standin.refusals import Refused

_TYPES: dict[str, type] = {
    "prompt": str,
    "model": str,
    "n": int,
    "size": str,
    "quality": str,
    "background": str,
    "output_format": str,
    "output_compression": int,
    "moderation": str,
    "partial_images": int,
    "stream": bool,
    "user": str,
    "safety_identifier": str,
}
_CHOICES = {
    "background": ("auto", "opaque", "transparent"),
    "output_format": ("png", "jpeg", "webp"),
    "moderation": ("auto", "low"),
}
_RANGES = {"n": (1, 10), "output_compression": (0, 100), "partial_images": (0, 3)}
_FIXED_SIZES = ("1024x1024", "1536x1024", "1024x1536")
_PROMPT_LIMIT = 32_000


@dataclass(frozen=True, kw_only=True)
class ImageOrder:
    """A valid request with every default filled in; `auto` stays `auto`."""

    prompt: str
    model: str
    n: int
    size: tuple[int, int]
    quality: str
    background: str
    format: str
    compression: int | None
    partials: int
    stream: bool


def to_native(fields: Mapping[str, object]) -> dict[str, object]:
    """Convert multipart text that spells a number or boolean to the type that JSON would have."""
    return {name: _native_value(name, value) for name, value in fields.items()}


def check(fields: Mapping[str, object]) -> ImageOrder:
    """Check the fields of either endpoint, in native types; null counts as absent."""
    _check_names(fields)
    given = {name: value for name, value in fields.items() if value is not None}
    _check_types(given)
    _check_prompt(given)
    model = _find_model(given)
    size = _parse_size(str(given.get("size", "auto")), model)
    _check_quality(given, model)
    _check_choices(given)
    _check_ranges(given)
    _check_combinations(given)
    return _to_order(given, size)


def _native_value(name: str, value: object) -> object:
    kind = _TYPES.get(name)
    if kind is int and isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value):
        return int(value)
    if kind is bool and value in ("true", "false"):
        return value == "true"
    return value


def _check_names(fields: Mapping[str, object]) -> None:
    for name in fields:
        if name not in _TYPES:
            raise Refused(f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)


def _check_types(given: Mapping[str, object]) -> None:
    for name, value in given.items():
        if type(value) is not _TYPES[name]:
            wanted, got = _TYPES[name].__name__, type(value).__name__
            text = f"Invalid type for '{name}': expected {wanted}, but got {got} instead."
            raise Refused(text, code="invalid_type", param=name)


def _check_prompt(given: Mapping[str, object]) -> None:
    prompt = str(given.get("prompt", ""))
    if not prompt:
        text = "Missing required parameter: 'prompt'."
        raise Refused(text, code="missing_required_parameter", param="prompt")
    if len(prompt) > _PROMPT_LIMIT:
        text = f"Invalid 'prompt': {len(prompt)} characters, at most {_PROMPT_LIMIT} are allowed."
        raise Refused(text, code="string_above_max_length", param="prompt")


def _find_model(given: Mapping[str, object]) -> Model:
    name = str(given.get("model", ""))
    if not name:
        text = "Missing required parameter: 'model'."
        raise Refused(text, code="missing_required_parameter", param="model")
    if name not in MODELS:
        text = f"The model '{name}' does not exist or you do not have access to it."
        raise Refused(text, code="model_not_found", param="model", status=404)
    return MODELS[name]


def _parse_size(size: str, model: Model) -> tuple[int, int]:
    if size == "auto":
        return (1024, 1024)
    match = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", size)
    if match is None or not (model.any_size or size in _FIXED_SIZES):
        raise _invalid("size", size, "a size this model supports")
    width, height = int(match[1]), int(match[2])
    if model.any_size and not _fits(width, height):
        raise _invalid("size", size, "a size within the model's pixel and edge limits")
    return (width, height)


def _fits(width: int, height: int) -> bool:
    short, long = sorted((width, height))
    return (
        width % 16 == 0
        and height % 16 == 0
        and long <= 3 * short
        and long <= 3840
        and short <= 2160
        and width * height >= 655_360  # the maximum of 8,294,400 follows from the edges
    )


def _check_quality(given: Mapping[str, object], model: Model) -> None:
    quality = str(given.get("quality", "auto"))
    if quality not in model.qualities:
        raise _invalid("quality", quality, f"one of {sorted(model.qualities)}")


def _check_choices(given: Mapping[str, object]) -> None:
    for name, choices in _CHOICES.items():
        if name in given and given[name] not in choices:
            raise _invalid(name, given[name], f"one of {list(choices)}")


def _check_ranges(given: Mapping[str, object]) -> None:
    for name, (low, high) in _RANGES.items():
        value = given.get(name, low)
        if isinstance(value, int) and not low <= value <= high:
            raise _invalid(name, value, f"{low} to {high}")


def _check_combinations(given: Mapping[str, object]) -> None:
    output, stream = given.get("output_format", "png"), given.get("stream", False)
    if given.get("background") == "transparent" and output == "jpeg":
        raise _invalid("background", "transparent", "opaque for jpeg, which has no alpha")
    if "output_compression" in given and output == "png":
        raise _invalid("output_compression", given["output_compression"], "absent for png")
    if "partial_images" in given and not stream:
        raise _invalid("partial_images", given["partial_images"], "absent unless stream is true")
    if stream and given.get("n", 1) != 1:
        raise _invalid("n", given["n"], "1 when stream is true")


def _invalid(name: str, value: object, wanted: str) -> Refused:
    text = f"Invalid value for '{name}': {value!r}. It must be {wanted}."
    return Refused(text, code="invalid_value", param=name)


def _to_order(given: Mapping[str, object], size: tuple[int, int]) -> ImageOrder:
    def number(name: str, default: int) -> int:
        value = given.get(name, default)
        return value if isinstance(value, int) else default

    return ImageOrder(
        prompt=str(given["prompt"]),
        model=str(given["model"]),
        n=number("n", 1),
        size=size,
        quality=str(given.get("quality", "auto")),
        background=str(given.get("background", "auto")),
        format=str(given.get("output_format", "png")),
        compression=number("output_compression", 0) if "output_compression" in given else None,
        partials=number("partial_images", 0),
        stream=bool(given.get("stream", False)),
    )
