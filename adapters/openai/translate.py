"""Translates requests and replies between the domain and OpenAI. Pure: no network, no clock.

The endpoint may be a gateway that deviates from the API, and its reply was paid for: a reply of
any shape is parsed without an error.
"""

import json
import re
import string
from binascii import a2b_base64
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import pybase64

from adapters.openai.reply_json import parse_json
from application.ports.image_provider import Delivered, PartialImage
from domain.image import Image
from domain.requests import EditRequest, ImageRequest, Moderation
from domain.results import NO_TOKENS, ResultImage, Usage

Parameters = dict[str, Any]
Upload = tuple[str, bytes, str]
Texts = tuple[str, ...]
"""The base64 texts of one image in a reply, the preferred one first."""

MAX_TOKENS = 10_000_000
"""Tokens of one kind in a call; a larger count is ignored. The largest estimate of models.toml is
0.7 million: four images of 3840x2160 from 16 images and 32,000 characters of four bytes."""
MAX_IMAGES = 16
"""Images of one reply that are decoded: four are requested, and OpenAI generates ten at most."""
DATA_URL = re.compile(r"\s{0,200}data:[^,]{0,200},", re.IGNORECASE)
URL_ESCAPES = {"%2B": "+", "%2F": "/", "%3D": "=", "%20": " ", "%0A": "\n", "%0D": "\r"}
WITHOUT_WHITESPACE = str.maketrans("", "", string.whitespace)


def generate_parameters(request: ImageRequest) -> Parameters:
    """Arguments of `images.generate`.

    Size and quality are always sent: a reseller's test of 2026-11-05 found that 2.6-flare without
    a quality can use about 5,800 tokens for one square image.
    """
    parameters: Parameters = {
        "prompt": request.prompt,
        "model": request.model,
        "size": "auto" if request.size is None else str(request.size),
        "quality": request.quality.value,
        "background": request.background.value,
        "output_format": request.provider_format.value,
        "moderation": request.moderation.value,
        "n": request.n,
    }
    if request.compression is not None:
        parameters["output_compression"] = request.compression
    if request.partial_images:
        parameters |= {"stream": True, "partial_images": request.partial_images}
    return parameters


def edit_parameters(request: EditRequest) -> Parameters:
    """Arguments of `images.edit`: the same, and the images as files with correct names and types.

    The SDK's `edit` has no moderation argument, although the endpoint's JSON form has one, so a
    value other than the default is sent as an extra field.
    """
    parameters = generate_parameters(request)
    moderation = parameters.pop("moderation")
    if moderation != Moderation.AUTO:
        parameters["extra_body"] = {"moderation": moderation}
    parameters["image"] = [
        _upload(f"image-{number}", image) for number, image in enumerate(request.images, 1)
    ]
    if request.mask is not None:
        parameters["mask"] = _upload("mask", request.mask)
    return parameters


def _upload(name: str, image: Image) -> Upload:
    return (f"{name}.{image.format.extension}", image.data, image.format.media_type)


def parse_reply(raw: bytes, request_id: str | None) -> Delivered:
    """Parse a reply that is not a stream; without an image, the whole reply is undecodable."""
    reply = _parse_json(raw)
    data = get_field(reply, "data")
    items = data if isinstance(data, list) else []
    images, undecodable, notes = _bounded_images(map(_image_texts, items))
    if not images and not undecodable:
        undecodable = (raw,)
    revised = (text_or_empty(get_field(item, "revised_prompt")) for item in items)
    return Delivered(
        images=images,
        undecodable=undecodable,
        revised_prompt=next((text for text in revised if text), None),
        usage=parse_usage(get_field(reply, "usage")),
        request_id=request_id,
        notes=notes,
    )


def _image_texts(item: object) -> Texts:
    """The base64 of an image. Some gateways put it into a data: URL in the field `url`."""
    text, url = (text_or_empty(get_field(item, name)) for name in ("b64_json", "url"))
    return tuple(filter(None, (text, url if DATA_URL.match(url) else "")))


def _bounded_images(
    items: Iterable[Texts],
) -> tuple[tuple[ResultImage, ...], tuple[bytes, ...], tuple[str, ...]]:
    """Images, undecodable data and notes; all images beyond MAX_IMAGES become one piece of data."""
    rest = iter([texts for texts in items if texts])
    images, undecodable = decode_images(islice(rest, MAX_IMAGES))
    beyond = ["\n".join(texts).encode(errors="replace") for texts in rest]
    if not beyond:
        return images, undecodable, ()
    note = (
        f"The reply has {MAX_IMAGES + len(beyond)} images; only the first {MAX_IMAGES} are decoded."
    )
    return images, (*undecodable, b"\n".join(beyond)), (note,)


def _parse_json(raw: bytes) -> object:
    """The JSON value, or None."""
    try:
        return parse_json(raw)
    except (ValueError, RecursionError):
        return None


def parse_completed_events(
    events: Sequence[object], request_id: str | None, notes: tuple[str, ...] = ()
) -> Delivered:
    """Parse the last events of a stream, one for each image, and add up their usage.

    If none of them has an image, the events themselves are undecodable.
    """
    images, undecodable = decode_images(map(_image_texts, events))
    if not images and not undecodable:
        undecodable = (json.dumps(events).encode(),)
    usages = [parse_usage(get_field(event, "usage")) for event in events]
    known = [usage for usage in usages if usage is not None]
    return Delivered(
        images=images,
        undecodable=undecodable,
        usage=sum(known, NO_TOKENS) if known else None,
        request_id=request_id,
        notes=notes,
    )


def get_field(of: object, name: str) -> object:
    """A field of a JSON object or of an SDK object; None if there is no such field."""
    return of.get(name) if isinstance(of, Mapping) else getattr(of, name, None)


def text_or_empty(value: object) -> str:
    """The value if it is a string, else an empty string."""
    return value if isinstance(value, str) else ""


def decode_images(items: Iterable[Texts]) -> tuple[tuple[ResultImage, ...], tuple[bytes, ...]]:
    """The first image in each item, and the texts before it that are not base64, unchanged."""
    images: list[ResultImage] = []
    undecodable: list[bytes] = []
    for texts in items:
        for text in texts:
            try:
                images.append(ResultImage(image=Image(_decode_base64(text))))
                break
            except ValueError:
                undecodable.append(text.encode(errors="replace"))
    return tuple(images), tuple(undecodable)


def _decode_base64(text: str) -> bytes:
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:  # rare, so checking first would take longer
        return _decode_unusual_base64(text)


def _decode_unusual_base64(text: str) -> bytes:
    """Decode base64 in a data: URL, with line breaks, for URLs, without "=" or with too many."""
    if url := DATA_URL.match(text):
        text = _unescape(text[url.end() :])
    if not text.isascii():
        raise ValueError("not base64")
    digits = text.translate(WITHOUT_WHITESPACE).rstrip("=")
    if not digits:
        raise ValueError("empty")
    if "+" not in digits and "/" not in digits:  # a mixture of both alphabets is damage
        digits = digits.replace("-", "+").replace("_", "/")
    return a2b_base64(digits + "=" * (-len(digits) % 4), strict_mode=True)


def _unescape(text: str) -> str:
    """Replace the escapes of base64 in URLs; `unquote` takes 80 times a long text's memory."""
    for escape, character in URL_ESCAPES.items() if "%" in text else ():
        text = text.replace(escape, character).replace(escape.lower(), character)
    return text


def parse_partial(event: object, number: int, request: ImageRequest) -> PartialImage | None:
    """A preview, or None if it cannot be decoded: a lost preview is no reason to stop.

    `number` counts the previews from 0; the index is computed from it if the event has no valid
    one. Also None beyond the number that the request allows: a stream of them might never end.
    """
    if number >= request.n * request.partial_images:
        return None
    images, _ = decode_images([_image_texts(event)])
    index = _count(get_field(event, "partial_image_index"))
    if index is None or index >= request.partial_images:
        index = number % request.partial_images
    # Always of image 0: the API's events do not say which image a preview belongs to.
    return PartialImage(image=images[0].image, index=index) if images else None


def parse_usage(usage: object) -> Usage | None:
    """Token counts of a reply; None if it lacks the input or the output count.

    Also None if any count exceeds MAX_TOKENS, because the others are then not reliable either.
    """
    total_in = _count(get_field(usage, "input_tokens"))
    out = _count(get_field(usage, "output_tokens"))
    if total_in is None or out is None:
        return None
    details = get_field(usage, "input_tokens_details")
    image_tokens = _count(get_field(details, "image_tokens")) or 0
    cached_tokens = _count(get_field(details, "cached_tokens")) or 0
    if max(total_in, out, image_tokens, cached_tokens) > MAX_TOKENS:
        return None
    images_in, cached = min(image_tokens, total_in), min(cached_tokens, total_in)
    text_in = total_in - images_in
    # Cached tokens come without a kind: count them as text, which has the smaller discount.
    return Usage(
        text_tokens_in=text_in,
        image_tokens_in=images_in,
        tokens_out=out,
        cached_text_tokens_in=min(cached, text_in),
        cached_image_tokens_in=max(0, cached - text_in),
    )


def _count(value: object) -> int | None:
    """The value if it is an integer of at least 0, else None."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None  # type: ignore[return-value] # an int, as checked above
