"""Reads replies and events that are complete.

The endpoint may be a gateway that deviates from the API, and its reply was paid for: a reply of
any shape is parsed without an error.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

from adapters.openai.replies.base64_text import looks_like_image
from adapters.openai.replies.fields import count_or_none, dollars_or_none, get_field, text_or_empty
from adapters.openai.replies.reply_images import (
    MAX_IMAGES,
    LinkedImage,
    Texts,
    decode_images,
    find_images,
)
from adapters.openai.replies.reply_json import parse_json
from adapters.openai.replies.token_counts import parse_usage
from application.ports.image_provider import Delivered, PartialImage
from domain.errors import UnreadableImage
from domain.image import Image
from domain.requests import ImageRequest
from domain.results import NO_TOKENS, ResultImage, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedReply(Delivered):
    """A reply of which some images may be elsewhere, under links."""

    linked: tuple[LinkedImage, ...] = ()


def parse_reply(raw: bytes, request_id: str | None) -> ParsedReply:
    """Parse a reply that is not a stream; without an image, the whole reply is undecodable.

    A reply that is an image itself, and not JSON, is that image.
    """
    if _is_image(raw):
        image = ResultImage(image=Image(raw))
        return ParsedReply(images=(image,), request_id=request_id)
    reply = _parse_json(raw)
    items = find_images(reply)
    parsed = _parse(items, request_id, (), [reply])
    if not (parsed.images or parsed.linked or parsed.undecodable):
        parsed = replace(parsed, undecodable=(raw,))
    return replace(parsed, revised_prompt=_revised_prompt(reply))


def parse_events(
    items: Sequence[Texts],
    events: Sequence[object],
    request_id: str | None,
    notes: tuple[str, ...] = (),
) -> ParsedReply:
    """The images that were found in a stream's events, with the sum of the events' usage.

    If none of the events has an image, the events themselves are undecodable.
    """
    parsed = _parse(items, request_id, notes, events)
    if parsed.images or parsed.linked or parsed.undecodable:
        return parsed
    return replace(parsed, undecodable=(json.dumps(events).encode(),))


def _parse(
    items: Sequence[Texts], request_id: str | None, notes: tuple[str, ...], values: Sequence[object]
) -> ParsedReply:
    known = [usage for value in values if (usage := _usage(value)) is not None]
    usage = reduce(add, known) if known else None
    return collect_images(items, request_id, notes, usage)


def collect_images(
    items: Sequence[Texts], request_id: str | None, notes: tuple[str, ...], usage: Usage | None
) -> ParsedReply:
    """The first MAX_IMAGES images; all others become one piece of data."""
    decoded = decode_images(items[:MAX_IMAGES])
    beyond = ["\n".join(texts).encode(errors="replace") for texts in items[MAX_IMAGES:]]
    if beyond:
        only = f"only the first {MAX_IMAGES} are decoded"
        notes = (*notes, f"The reply has {len(items)} images; {only}.")
        decoded.undecodable.append(b"\n".join(beyond))
    return ParsedReply(
        images=tuple(ResultImage(image=image) for image in decoded.images),
        linked=tuple(decoded.linked),
        undecodable=tuple(decoded.undecodable),
        usage=usage,
        request_id=request_id,
        notes=notes,
    )


def _usage(value: object) -> Usage | None:
    """The usage of a reply or an event, or of the response in an event.

    None without any output: services that count no tokens send zeros, and no image has none. With
    `cost_usd`, which some services report in the reply or in its usage, no tokens are needed.
    """
    for place in (value, get_field(value, "response")):
        counts = get_field(place, "usage")
        usage = parse_usage(counts)
        if usage is not None and not usage.tokens_out:
            usage = None
        costs = (dollars_or_none(get_field(each, "cost_usd")) for each in (counts, place))
        reported = next((cost for cost in costs if cost is not None), None)
        if reported is not None:
            return replace(usage or NO_TOKENS, reported_cost=reported)
        if usage is not None:
            return usage
    return None


def _revised_prompt(reply: object) -> str | None:
    for name in ("data", "images", "output"):
        items = get_field(reply, name)
        for item in items if isinstance(items, list) else [items]:
            if text := text_or_empty(get_field(item, "revised_prompt")):
                return text
    return None


def _parse_json(raw: bytes) -> object:
    """The JSON value, also one in a JSON text; the text of an image in base64; or None."""
    try:
        value = parse_json(raw)
        is_wrapped = isinstance(value, str) and not looks_like_image(value)
        return parse_json(str(value).encode()) if is_wrapped else value
    except (ValueError, RecursionError):
        text = raw.decode("utf-8-sig", errors="replace").strip()
        return text if looks_like_image(text) else None


def _is_image(raw: bytes) -> bool:
    try:
        return bool(Image(raw).format)
    except UnreadableImage:
        return False


def parse_partial(event: object, number: int, request: ImageRequest) -> PartialImage | None:
    """A preview, or None if it cannot be decoded: a lost preview is no reason to stop.

    `number` counts the previews from 0; the index is computed from it if the event has no valid
    one. Also None beyond the number that the request allows: a stream of them might never end.
    """
    if number >= request.n * request.partial_images:
        return None
    images = decode_images(find_images(event)[:1]).images
    index = count_or_none(get_field(event, "partial_image_index"))
    if index is None or index >= request.partial_images:
        index = number % request.partial_images
    # Always of image 0: the API's events do not say which image a preview belongs to.
    return PartialImage(image=images[0], index=index) if images else None
