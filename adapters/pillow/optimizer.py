"""Creates renditions of images with Pillow."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import PIL.Image

from adapters.pillow.content_classifier import classify
from adapters.pillow.decoding import decode
from adapters.pillow.encoding import encode
from adapters.pillow.thread_pool import PreviousRunActive, ThreadPool
from application.ports.image_optimizer import CannotRender
from domain.errors import UnreadableImage
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import MAX_SIZE_RATIO, ContentClass, Rendition, RenditionSpec

UNCHANGED = "unchanged"
SIDES = (1024, 768, 512, 384, 256, 128)
"""Longer sides in pixels that are tried until a rendition fits `max_bytes`."""
FALLBACK_QUALITIES = (70, 50)
"""Compressions that are tried at each side, after the one for the image's content."""


class PillowOptimizer:
    """An ImageOptimizer. At most one rendition per core is made at a time.

    A rendition that hangs can be canceled; until its thread ends, no other rendition of the same
    image is started.
    """

    def __init__(self, cores: int | None = None) -> None:
        self._threads = ThreadPool(cores or os.cpu_count() or 1)

    async def render(self, image: Image, spec: RenditionSpec, /) -> Rendition:
        try:
            if spec.is_met_by(image):
                return Rendition(image=image, description=UNCHANGED)
        except UnreadableImage as error:
            raise CannotRender(error.message) from error
        try:
            return await self._threads.run(lambda: _render(image, spec), name=image.id)
        except PreviousRunActive as error:
            raise CannotRender("an earlier attempt is still running") from error


@dataclass(frozen=True, slots=True)
class _Attempt:
    image: PIL.Image.Image
    format: ImageFormat
    compression: int | None

    def __str__(self) -> str:
        name = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP"}[self.format]
        encoding = f"{name}, lossless" if self.compression is None else f"{name} {self.compression}"
        return f"{encoding}, {self.image.width}x{self.image.height}"


def _render(image: Image, spec: RenditionSpec) -> Rendition:
    try:
        with decode(image, spec.max_side) as decoded:
            content = classify(decoded)
            for attempt in _attempts(decoded, spec, content):
                data = encode(attempt.image, attempt.format, attempt.compression)
                if spec.max_bytes is None or len(data) <= spec.max_bytes:
                    description = f"{content} as {attempt}"
                    rendition = Rendition(image=Image(data), description=description)
                    return _choose(image, rendition, spec)
    except CannotRender:
        raise
    except Exception as error:
        raise CannotRender("it cannot be decoded or encoded") from error
    raise CannotRender(f"it does not fit in {spec.max_bytes:,} bytes")


def _choose(image: Image, rendition: Rendition, spec: RenditionSpec) -> Rendition:
    """The original if it meets the requirements and the rendition saves too little."""
    must_change = not RenditionSpec(
        format=spec.format, max_side=spec.max_side, max_bytes=spec.max_bytes
    ).is_met_by(image)
    share = MAX_SIZE_RATIO if spec.smaller else 1
    if must_change or len(rendition.image.data) < share * len(image.data):
        return rendition
    return Rendition(image=image, description=UNCHANGED)


def _attempts(
    image: PIL.Image.Image, spec: RenditionSpec, content: ContentClass
) -> Iterator[_Attempt]:
    """The attempts to make, the best first: one, or several where `max_bytes` is set."""
    target = spec.format or content.best_format
    compression = spec.compression
    if compression is None:
        compression = content.compression(target)
    longer = max(image.size)
    max_side = min(longer, spec.max_side or longer)
    if spec.max_bytes is None:
        sides = [max_side]
    else:
        sides = [max_side, *(side for side in SIDES if side < max_side)]
    for side in sides:
        image.thumbnail((side, side))
        yield _Attempt(image, target, compression)
        if spec.max_bytes is not None and target.has_compression:
            yield from (_Attempt(image, target, quality) for quality in FALLBACK_QUALITIES)
