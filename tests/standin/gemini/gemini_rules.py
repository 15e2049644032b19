"""Strict checks on a request to `POST /v1beta/interactions` for an image. Pure.

Sources: the types of google-genai 3.6.1, and Google's pages on image generation and on the models,
read 2026-11-28. Of the parameters of the real API, those are known that an image needs; all others
are refused. Where the documentation is not precise, the stricter reading applies.
"""

from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.standin.calls import Upload
from tests.standin.gemini.gemini_faults import gemini_refusal
from tests.standin.refusals import Refusal

Given = Mapping[str, Any]
ASPECTS = (
    *("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"),
    *("1:8", "8:1", "1:4", "4:1"),
)
_PANORAMAS = ASPECTS[-4:]
_TIERS: dict[str, tuple[str, ...]] = {
    "gemini-nano-banana-2.1": ("1K", "2K", "4K"),
    "gemini-3.1-flash-image": ("512", "1K", "2K", "4K"),
    "gemini-3.1-flash-lite-image": ("1K",),
    "gemini-3-pro-image": ("1K", "2K", "4K"),
}
_FIELDS: dict[str, type] = {
    "model": str,
    "input": list,
    "response_format": dict,
    "store": bool,
    "background": bool,
    "stream": bool,
    "previous_interaction_id": str,
    "generation_config": dict,
}
_FORMAT: dict[str, tuple[str, ...]] = {
    "type": ("image",),
    "aspect_ratio": ASPECTS,
    "image_size": ("512", "1K", "2K", "4K"),
    "mime_type": ("image/jpeg",),
    "delivery": ("inline", "uri"),
}
_CONFIG: dict[str, tuple[str, ...]] = {
    "thinking_summaries": ("auto", "none"),
    "thinking_level": ("minimal", "low", "medium", "high"),
}
_MAGIC = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}
MAX_INPUTS = 14


class GeminiRefused(Exception):
    """Raised by a check; the request is not charged, and `refusal` is its reply."""

    def __init__(self, message: str, *, code: str = "invalid_request", status: int = 400) -> None:
        super().__init__(message)
        self.refusal: Refusal = gemini_refusal(status, code, message)


@dataclass(frozen=True, kw_only=True)
class InteractionOrder:
    """A valid request with its defaults; the aspect ratio is None if the model chooses it."""

    model: str
    text: str
    images: tuple[Upload, ...]
    aspect: str | None
    tier: str
    store: bool
    background: bool
    stream: bool
    previous: str | None
    summaries: bool


def check_interaction(given: Given) -> InteractionOrder:
    """Check the fields of a request; raise GeminiRefused."""
    _check_fields(given, _FIELDS)
    model = given.get("model", "")
    if model not in _TIERS:
        text = f"Model '{model}' not found."
        raise GeminiRefused(text, code="model_not_found", status=404)
    form, config = given.get("response_format", {}), given.get("generation_config", {})
    _check_choices("response_format", form, _FORMAT)
    _check_choices("generation_config", config, _CONFIG)
    _check_shape(model, form)
    store, background = given.get("store", True), given.get("background", False)
    if background and not store:
        raise GeminiRefused("background=true requires store=true.")
    text, images = _read_input(given.get("input", []))
    return InteractionOrder(
        model=model,
        text=text,
        images=images,
        aspect=form.get("aspect_ratio"),
        tier=form.get("image_size", "1K"),
        store=store,
        background=background,
        stream=given.get("stream", False),
        previous=given.get("previous_interaction_id"),
        summaries=config.get("thinking_summaries", "none") == "auto",
    )


def _check_fields(given: Given, known: Mapping[str, type]) -> None:
    for name, value in given.items():
        if name not in known:
            text = f"Unknown parameter '{name}'."
            raise GeminiRefused(text, code="parameter_unknown")
        if type(value) is not known[name]:
            raise GeminiRefused(f"'{name}' must be a {known[name].__name__}.")


def _check_choices(where: str, given: Given, known: Mapping[str, tuple[str, ...]]) -> None:
    for name, value in given.items():
        if name not in known:
            text = f"Unknown parameter '{where}.{name}'."
            raise GeminiRefused(text, code="parameter_unknown")
        if value not in known[name]:
            text = f"'{where}.{name}' is {str(value)[:50]!r}; it must be one of {known[name]}."
            raise GeminiRefused(text)


def _check_shape(model: str, form: Given) -> None:
    if form.get("type") != "image":
        raise GeminiRefused("'response_format.type' must be 'image'.")
    tier, aspect = form.get("image_size", "1K"), form.get("aspect_ratio")
    if tier not in _TIERS[model]:
        raise GeminiRefused(f"{model} does not support image_size {tier}.")
    if model == "gemini-3-pro-image" and aspect in _PANORAMAS:
        raise GeminiRefused(f"{model} does not support aspect_ratio {aspect}.")


def _read_input(steps: list[Given]) -> tuple[str, tuple[Upload, ...]]:
    parts = list(_parts(steps))
    texts = [part["text"] for part in parts if part.get("type") == "text"]
    images = tuple(_image(part) for part in parts if part.get("type") == "image")
    if not "".join(texts).strip():
        raise GeminiRefused("The input has no text.")
    if len(images) > MAX_INPUTS:
        raise GeminiRefused(f"At most {MAX_INPUTS} images are allowed, not {len(images)}.")
    return "\n".join(texts), images


def _parts(steps: list[Given]) -> Iterator[Given]:
    for step in steps:
        if not isinstance(step, dict) or {*step} != {"type", "content"}:
            raise GeminiRefused("Each input step must have a type and a content.")
        if step["type"] != "user_input":
            raise GeminiRefused("The input must be of the type 'user_input'.")
        for part in step["content"]:
            allowed = {"text": {"type", "text"}, "image": {"type", "data", "mime_type"}}
            if {*part} != allowed.get(part.get("type"), set()):
                raise GeminiRefused(f"Unknown content: {sorted(part)}.", code="parameter_unknown")
            yield part


def _image(part: Given) -> Upload:
    kind = part["mime_type"]
    if kind not in _MAGIC:
        raise GeminiRefused(f"Unsupported MIME type: {kind}.")
    try:
        data = b64decode(part["data"], validate=True)
    except (Error, TypeError) as error:
        raise GeminiRefused("Base64 decoding failed.") from error
    if not data.startswith(_MAGIC[kind]):
        raise GeminiRefused(f"Unable to process input image as {kind}.")
    return Upload("image", f"image.{kind.partition('/')[2]}", kind, data)
