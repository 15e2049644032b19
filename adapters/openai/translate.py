"""Our words into OpenAI's, and its replies into ours. Pure: no network, no clock."""

from binascii import a2b_base64
from collections.abc import Iterable, Sequence
from typing import Any

from openai.types import ImagesResponse

from application.ports.image_provider import Delivered, PartialImage
from domain.images import Image
from domain.requests import EditRequest, Moderation, PictureRequest
from domain.results import Picture, Usage

Parameters = dict[str, Any]
Upload = tuple[str, bytes, str]


def generate_parameters(request: PictureRequest) -> Parameters:
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
        "output_format": request.format.value,
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


def delivered(reply: ImagesResponse, raw: bytes, request_id: str | None) -> Delivered:
    """What an answer in one piece brought; a reply without a picture is itself the rubbish."""
    items = reply.data or []
    pictures, rubbish = decoded(getattr(item, "b64_json", None) for item in items)
    if not pictures and not rubbish:
        rubbish = (raw,)
    revised = [getattr(item, "revised_prompt", None) for item in items]
    return Delivered(
        pictures=pictures,
        rubbish=rubbish,
        revised_prompt=next((text for text in revised if isinstance(text, str) and text), None),
        usage=usage_of(reply.usage),
        request_id=request_id,
    )


def completed(events: Sequence[Any], request_id: str | None) -> Delivered:
    """What the last events of a stream brought, one for each picture."""
    pictures, rubbish = decoded(getattr(event, "b64_json", None) for event in events)
    usage = usage_of(getattr(events[-1], "usage", None))
    return Delivered(pictures=pictures, rubbish=rubbish, usage=usage, request_id=request_id)


def decoded(texts: Iterable[object]) -> tuple[tuple[Picture, ...], tuple[bytes, ...]]:
    """Pictures, and the texts that were no base64, as they came. Missing texts are left out."""
    pictures: list[Picture] = []
    rubbish: list[bytes] = []
    for text in texts:
        if not isinstance(text, str) or not text:
            continue
        try:
            pictures.append(Picture(image=Image(_bytes_of(text))))
        except ValueError:
            rubbish.append(text.encode(errors="replace"))
    return tuple(pictures), tuple(rubbish)


def _bytes_of(text: str) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except ValueError:  # it may only have line breaks in it; looking for them first takes longer
        return a2b_base64("".join(text.split()), strict_mode=True)


def partial(text: object, index: int) -> PartialImage | None:
    """A preview, or None when it cannot be decoded: a lost preview is no reason to stop."""
    pictures, _ = decoded([text])
    return PartialImage(image=pictures[0].image, index=index) if pictures else None


def usage_of(usage: Any) -> Usage | None:  # noqa: ANN401 - the SDK has a type for each reply
    """Token counts of any of the SDK's replies; None where the reply does not tell them all."""
    total_in, out = getattr(usage, "input_tokens", None), getattr(usage, "output_tokens", None)
    if not isinstance(total_in, int) or not isinstance(out, int):
        return None
    images_in = getattr(getattr(usage, "input_tokens_details", None), "image_tokens", None)
    images_in = images_in if isinstance(images_in, int) else 0
    return Usage(text_tokens_in=total_in - images_in, image_tokens_in=images_in, tokens_out=out)
