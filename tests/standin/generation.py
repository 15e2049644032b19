"""Generates the images, partials and usage for an order."""

import asyncio
from dataclasses import dataclass
from itertools import count

from tests.standin.faults import Fault
from tests.standin.image_files import EncodedImage, ImageSpec, ImageTemplate, image_template
from tests.standin.request_rules import ImageOrder

_FINEST_PARTIAL_BLOCK = 16
_MAX_TEMPLATES = 32
_TOKENS = {"low": 272, "medium": 1056, "high": 1640, "xhigh": 4160, "max": 6240}
_TOKENS_PER_INPUT_IMAGE = 323
_TOKENS_PER_PARTIAL = 100


@dataclass(frozen=True, kw_only=True)
class Generation:
    """The result of one order. `quality` and `background` are resolved: never `auto`."""

    images: list[EncodedImage]
    partials: list[EncodedImage]
    usage: dict[str, object]
    quality: str
    background: str


class Generator:
    """Generates images; a new size or format is drawn without blocking the event loop."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._templates: dict[ImageSpec, asyncio.Future[ImageTemplate]] = {}

    async def generate(self, order: ImageOrder, fault: Fault, inputs: int) -> Generation:
        """Generate images with new, unique bytes, and the usage for the bill."""
        count = order.n if fault.count is None else fault.count
        final = [1] * count
        coarse = [_FINEST_PARTIAL_BLOCK << step for step in reversed(range(order.partials))]
        images = [await self._image(order, fault, block) for block in final + coarse]
        if fault.data == "halved":
            images[:count] = [image.halved() for image in images[:count]]
        return Generation(
            images=images[:count],
            partials=images[count:],
            usage=_usage(order, count, inputs),
            quality=_resolve_quality(order),
            background="opaque" if order.background == "auto" else order.background,
        )

    async def _image(self, order: ImageOrder, fault: Fault, block: int) -> EncodedImage:
        kind = fault.format or order.format
        spec = ImageSpec(
            size=fault.size or order.size,
            format=kind,
            alpha=order.background == "transparent" and kind != "jpeg",
            compression=None if kind == "png" else order.compression,
            block=block,
        )
        return (await self._template(spec)).with_number(next(self._numbers))

    async def _template(self, spec: ImageSpec) -> ImageTemplate:
        if spec not in self._templates:
            if len(self._templates) >= _MAX_TEMPLATES:
                del self._templates[next(iter(self._templates))]
            self._templates[spec] = asyncio.ensure_future(asyncio.to_thread(image_template, spec))
        return await asyncio.shield(self._templates[spec])


def _resolve_quality(order: ImageOrder) -> str:
    return "medium" if order.quality == "auto" else order.quality


def _usage(order: ImageOrder, images: int, inputs: int) -> dict[str, object]:
    """Token counts of the real API's form and magnitude; they follow no real price list.

    Those of squares stay below what `models.toml` expects of the current models.
    """
    width, height = order.size
    text = max(1, len(order.prompt) // 4)
    sent = _TOKENS_PER_INPUT_IMAGE * inputs
    each = _TOKENS[_resolve_quality(order)] * width * height // (1024 * 1024)
    output = each * images + _TOKENS_PER_PARTIAL * order.partials
    return {
        "input_tokens": text + sent,
        "input_tokens_details": {"text_tokens": text, "image_tokens": sent},
        "output_tokens": output,
        "output_tokens_details": {"image_tokens": output, "text_tokens": 0},
        "total_tokens": text + sent + output,
    }
