"""Translates requests into the arguments of the SDK."""

from typing import Any

from domain.image import Image
from domain.requests import EditRequest, ImageRequest, Moderation

Parameters = dict[str, Any]
Upload = tuple[str, bytes, str]


def generate_parameters(request: ImageRequest) -> Parameters:
    """Arguments of `images.generate`.

    Size and quality are always sent: a reseller's test of 2026-11-05 found that 2.6-flare without
    a quality can use about 5,800 tokens for one square image.
    """
    parameters: Parameters = {
        "prompt": request.prompt_in_context,
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
