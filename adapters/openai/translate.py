"""Our words into OpenAI's, and its replies into ours. Pure: no network, no clock.

Whoever speaks the Images API may be a gateway with ideas of its own, and a reply was paid for:
no shape of it raises an error here.
"""

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pybase64

from application.ports.image_provider import Delivered, PartialImage
from domain.image import Image
from domain.requests import EditRequest, ImageRequest, Moderation
from domain.results import NO_TOKENS, ResultImage, Usage

Parameters = dict[str, Any]
Upload = tuple[str, bytes, str]

MAX_TOKENS = 2**53  # what any database and any JSON reader can hold; a real call is far below


def generate_parameters(request: ImageRequest) -> Parameters:
    """Arguments of `images.generate`.

    Size and quality are always said: a reseller's test of 2026-11-05 found that 2.6-flare, told
    no quality, can take about 5,800 tokens for one square picture.
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
    """Arguments of `images.edit`: the same, and the pictures as files with true names and types.

    The SDK's `edit` has no moderation argument, although the endpoint's JSON form has: other
    than the default it goes as an extra field.
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


def delivered(raw: bytes, request_id: str | None) -> Delivered:
    """What an answer in one piece brought; a reply without a picture is itself the rubbish."""
    reply = _parsed(raw)
    data = field(reply, "data")
    items = data if isinstance(data, list) else []
    pictures, rubbish = decoded(field(item, "b64_json") for item in items)
    if not pictures and not rubbish:
        rubbish = (raw,)
    revised = (clean(text_of(field(item, "revised_prompt"))) for item in items)
    return Delivered(
        images=pictures,
        undecodable=rubbish,
        revised_prompt=next((text for text in revised if text), None),
        usage=usage_of(field(reply, "usage")),
        request_id=request_id,
    )


def _parsed(raw: bytes) -> object:
    """The JSON value, or None. A byte that is no UTF-8 spoils its own text only, as in browsers."""
    try:
        return json.loads(raw.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        return None


def completed(
    events: Sequence[object], request_id: str | None, notes: tuple[str, ...] = ()
) -> Delivered:
    """What the last events of a stream brought, one for each picture; their usages are added.

    Where there is a picture in none of them, they are themselves the rubbish.
    """
    pictures, rubbish = decoded(field(event, "b64_json") for event in events)
    if not pictures and not rubbish:
        rubbish = (json.dumps(events).encode(),)
    told = [usage_of(field(event, "usage")) for event in events]
    known = [each for each in told if each is not None]
    usage = sum(known, NO_TOKENS) if known else None
    return Delivered(
        images=pictures, undecodable=rubbish, usage=usage, request_id=request_id, notes=notes
    )


def field(of: object, name: str) -> object:
    """A field of a JSON object or of one of the SDK's; None where there is no such thing."""
    return of.get(name) if isinstance(of, Mapping) else getattr(of, name, None)


def text_of(value: object) -> str:
    """The value if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def clean(text: str) -> str:
    """The text without the halves of characters that JSON can name and no UTF-8 can hold."""
    return text.encode(errors="replace").decode()


def decoded(texts: Iterable[object]) -> tuple[tuple[ResultImage, ...], tuple[bytes, ...]]:
    """Pictures, and the texts that were no base64, as they came. Missing texts are left out."""
    pictures: list[ResultImage] = []
    rubbish: list[bytes] = []
    for text in texts:
        if not isinstance(text, str) or not text:
            continue
        try:
            pictures.append(ResultImage(image=Image(_bytes_of(text))))
        except ValueError:
            rubbish.append(text.encode(errors="replace"))
    return tuple(pictures), tuple(rubbish)


def _bytes_of(text: str) -> bytes:
    try:
        return pybase64.b64decode(text, validate=True)
    except ValueError:  # line breaks or one "=" too many are borne; looking first takes longer
        return a2b_base64("".join(text.split()), strict_mode=True)


def partial(event: object, number: int) -> PartialImage | None:
    """A preview, or None when it cannot be decoded: a lost preview is no reason to stop.

    `number` is its index where the event tells none.
    """
    pictures, _ = decoded([field(event, "b64_json")])
    told = _count(field(event, "partial_image_index"))
    index = number if told is None else told
    # Always of picture 0: the API's events do not say which picture they lead to.
    return PartialImage(image=pictures[0].image, index=index) if pictures else None


def usage_of(usage: object) -> Usage | None:
    """Token counts of any reply; None where it does not tell them all."""
    total_in, out = _count(field(usage, "input_tokens")), _count(field(usage, "output_tokens"))
    if total_in is None or out is None:
        return None
    details = field(usage, "input_tokens_details")
    images_in = min(_count(field(details, "image_tokens")) or 0, total_in)
    cached = min(_count(field(details, "cached_tokens")) or 0, total_in)
    text_in = total_in - images_in
    # Nobody says of what kind it was: take it for text, on which the discount is the smaller one.
    return Usage(
        text_tokens_in=text_in,
        image_tokens_in=images_in,
        tokens_out=out,
        cached_text_tokens_in=min(cached, text_in),
        cached_image_tokens_in=max(0, cached - text_in),
    )


def _count(value: object) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_TOKENS
    return int(value) if fits else None  # type: ignore[call-overload] # an int, as was just seen


def secret_spellings(secret: str) -> tuple[str, ...]:
    """The forms in which a reply may repeat a secret: as it is, in base64, and within base64.

    In a longer text's base64 it looks in one of three ways, by how many bytes come before it.
    """
    data = secret.encode()
    forms = [secret, b2a_base64(data, newline=False).decode()]
    for lead, unlike in enumerate((0, 2, 3)):
        text = b2a_base64(bytes(lead) + data, newline=False).decode()
        forms.append(text[unlike : (lead + len(data)) * 8 // 6])
    return tuple(forms)
