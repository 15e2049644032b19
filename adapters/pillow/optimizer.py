"""Makes renditions of pictures with Pillow."""

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

UNCHANGED = "as the provider sent it"
SIDES = (1024, 768, 512, 384, 256, 128)
"""Longer sides that are tried, in pixels, until a rendition fits its bytes."""
FALLBACK_QUALITIES = (70, 50)
"""Compressions that are tried at each of them, after the one that suits the picture."""


class PillowOptimizer:
    """An ImageOptimizer. At most one rendition is made for each core at once.

    One that hangs can be given up; until it ends nothing else is made of the same picture.
    """

    def __init__(self, cores: int | None = None) -> None:
        self._workers = ThreadPool(cores or os.cpu_count() or 1)

    async def render(self, image: Image, spec: RenditionSpec, /) -> Rendition:
        try:
            if spec.is_met_by(image):
                return Rendition(image=image, description=UNCHANGED)
        except UnreadableImage as error:
            raise CannotRender(error.message) from error
        try:
            return await self._workers.run(lambda: _rendered(image, spec), name=image.id)
        except PreviousRunActive as error:
            raise CannotRender("an earlier attempt has not ended yet") from error


@dataclass(frozen=True, slots=True)
class _Attempt:
    picture: PIL.Image.Image
    form: ImageFormat
    compression: int | None

    def __str__(self) -> str:
        name = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP"}[self.form]
        how = f"{name}, lossless" if self.compression is None else f"{name} {self.compression}"
        return f"{how}, {self.picture.width}x{self.picture.height}"


def _rendered(image: Image, spec: RenditionSpec) -> Rendition:
    try:
        with decode(image, spec.max_side) as picture:
            content = classify(picture)
            for attempt in _attempts(picture, spec, content):
                data = encode(attempt.picture, attempt.form, attempt.compression)
                if spec.max_bytes is None or len(data) <= spec.max_bytes:
                    return _better(
                        image,
                        Rendition(image=Image(data), description=f"{content} as {attempt}"),
                        spec,
                    )
    except CannotRender:
        raise
    except Exception as error:
        raise CannotRender("it cannot be read or encoded") from error
    raise CannotRender(f"it does not fit into {spec.max_bytes} bytes")


def _better(image: Image, rendition: Rendition, spec: RenditionSpec) -> Rendition:
    """The original, where it will do and the rendition wins nothing."""
    must_change = not RenditionSpec(
        format=spec.format, max_side=spec.max_side, max_bytes=spec.max_bytes
    ).is_met_by(image)
    share = MAX_SIZE_RATIO if spec.smaller else 1
    if must_change or len(rendition.image.data) < share * len(image.data):
        return rendition
    return Rendition(image=image, description=UNCHANGED)


def _attempts(
    picture: PIL.Image.Image, spec: RenditionSpec, content: ContentClass
) -> Iterator[_Attempt]:
    """What may be tried, the best first: one way, or where bytes are bounded, many."""
    form = spec.format or content.best_format
    compression = spec.compression
    if compression is None:
        compression = content.compression(form)
    longer = max(picture.size)
    most = min(longer, spec.max_side or longer)
    sides = [most] if spec.max_bytes is None else [most, *(side for side in SIDES if side < most)]
    for side in sides:
        picture.thumbnail((side, side))
        yield _Attempt(picture, form, compression)
        if spec.max_bytes is not None and form.has_compression:
            yield from (_Attempt(picture, form, number) for number in FALLBACK_QUALITIES)
