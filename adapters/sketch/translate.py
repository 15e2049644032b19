"""Translates a request to a call of the engine, and the engine's pixels to files.

All functions are pure: no I/O and no clock.
"""

import hashlib
from dataclasses import dataclass

from PIL.Image import Image

from adapters.sketch.engine.renderer import Rendering, render, render_edit
from adapters.sketch.pixels import decode, encode
from domain.image_formats import Dimensions, ImageFormat
from domain.requests import SQUARE, Background, EditRequest, GenerateRequest, ImageRequest

FRAMED_SIDE = 1024
"""Longest side in pixels of a framed input, which is shown at no more than that. At full size, 16
inputs of 50 megapixels would take 3 GB."""


@dataclass(frozen=True, slots=True)
class ImageFiles:
    """The files of one image: its partial images, the coarsest first, and the final image."""

    partials: tuple[bytes, ...]
    final: bytes


def generate_files(request: GenerateRequest, number: int) -> ImageFiles:
    """Draw image `number` (from 0) of the request."""
    rendering = render(
        request.prompt_in_context,
        _width_and_height(request.size or SQUARE),
        seed(request, number),
        transparent=request.background is Background.TRANSPARENT,
        stages=request.partial_images,
    )
    return _encode_all(request, rendering)


def edit_files(request: EditRequest, number: int) -> ImageFiles:
    """Draw edited image `number` (from 0). Raises RequestRefused if an input is unreadable."""
    is_jpeg = request.provider_format is ImageFormat.JPEG
    rendering = render_edit(
        request.prompt_in_context,
        _width_and_height(request.size) if request.size else None,
        seed(request, number),
        inputs=_inputs(request),
        mask=decode(request.mask, "mask") if request.mask else None,
        background="opaque" if is_jpeg else request.background.value,
        stages=request.partial_images,
    )
    return _encode_all(request, rendering)


def _inputs(request: EditRequest) -> list[Image]:
    """The first image at full size, and the others scaled down to FRAMED_SIDE."""
    first, *others = request.images
    framed = [
        decode(image, f"images[{at}]", FRAMED_SIDE) for at, image in enumerate(others, start=1)
    ]
    return [decode(first, "images[0]"), *framed]


def seed(request: ImageRequest, number: int) -> int:
    """The engine's seed for image `number` (from 0): equal requests have equal seeds.

    Format, compression, partial images and model do not change it.
    """
    parts = [
        request.prompt_in_context,
        str(request.size),
        request.quality.value,
        request.background.value,
    ]
    if isinstance(request, EditRequest):
        parts += [image.digest for image in request.images]
        parts.append(request.mask.digest if request.mask else "no mask")
    digest = hashlib.sha256()
    for part in (*parts, str(number)):
        text = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%b" % (len(text), text))
    return int.from_bytes(digest.digest())


def _width_and_height(size: Dimensions) -> tuple[int, int]:
    return (size.width, size.height)


def _encode_all(request: ImageRequest, rendering: Rendering) -> ImageFiles:
    form, compression = request.provider_format, request.compression
    return ImageFiles(
        partials=tuple(encode(stage, form, compression) for stage in rendering.stages),
        final=encode(rendering.image, form, compression),
    )
