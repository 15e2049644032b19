"""A job of a worker: makes renditions of images."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import PIL.Image
import PIL.ImageOps

from adapters.pillow.content_classifier import classify
from adapters.pillow.decoding import decode
from adapters.pillow.encoding import JpegEncoder, encode
from adapters.pillow.frames import Facts, Message
from application.ports.image_optimizer import CannotRender
from domain.delivery_sizes import DeliverySize
from domain.image import Image
from domain.image_formats import Dimensions, ImageFormat
from domain.renditions import MAX_SIZE_RATIO, ContentClass, RenditionSpec

SIDES = (1024, 768, 512, 384, 256, 128)
"""Longer sides in pixels that are tried until a rendition fits `max_bytes`."""
FALLBACK_QUALITIES = (70, 50)
"""Compressions that are tried at each side, after the one for the image's content."""
PORTABLE_PNG_SHARE = 0.5
"""A PNG is scaled down to this share of the longer side, to keep a cut-out transparent; where that
is not enough, a JPEG on white shows more."""


def render(options: Facts, data: bytes) -> Message:
    """Make the rendition for the spec, whose fields are among the options; raise CannotRender.

    With the option `jpegli`, that library encodes JPEG, except of graphics: its files of flat areas
    are larger than Pillow's. The reply has a description, and no bytes if the image itself is the
    best rendition.
    """
    values: dict[str, Any] = {field.name: options[field.name] for field in fields(RenditionSpec)}
    values["format"] = ImageFormat(values["format"]) if values["format"] else None
    values["size"] = DeliverySize.parse(values["size"]) if values["size"] else None
    jpegli = bool(options.get("jpegli"))
    description, made = _render(Image(data), RenditionSpec(**values), jpegli=jpegli)
    return {"description": description}, made


@dataclass(frozen=True, slots=True)
class _Attempt:
    image: PIL.Image.Image
    format: ImageFormat
    compression: int | None

    def __str__(self) -> str:
        name = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP", "avif": "AVIF"}[self.format]
        encoding = f"{name}, lossless" if self.compression is None else f"{name} {self.compression}"
        return f"{encoding}, {self.image.width}x{self.image.height}"


def _render(image: Image, spec: RenditionSpec, *, jpegli: bool) -> tuple[str, bytes]:
    decoded = _resized(decode(image, spec.max_side), spec.size)
    content = classify(decoded)
    encoder = _jpeg_encoder(spec, content, jpegli=jpegli)
    for attempt in _attempts(decoded, spec, content):
        data = encode(attempt.image, attempt.format, attempt.compression, encoder)
        if spec.max_bytes is None or len(data) <= spec.max_bytes:
            made = data if _is_better(data, image, spec) else b""
            return f"{content} as {attempt}", made
    raise CannotRender(f"it does not fit in {spec.max_bytes:,} bytes")


def _resized(image: PIL.Image.Image, size: DeliverySize | None) -> PIL.Image.Image:
    """The image in this size, cropped around its middle where the size has another shape."""
    if size is None:
        return image
    wanted = size.size_of(Dimensions(*image.size))
    target, info = (wanted.width, wanted.height), image.info
    resized = PIL.ImageOps.fit(image, target, PIL.Image.Resampling.LANCZOS)
    resized.info = info
    return resized


def _jpeg_encoder(spec: RenditionSpec, content: ContentClass, *, jpegli: bool) -> JpegEncoder:
    """The fastest for a preview, which is shown once; else the one with the fewest bytes."""
    if spec.portable:
        return JpegEncoder.BASELINE
    usable = jpegli and content is not ContentClass.GRAPHIC
    return JpegEncoder.JPEGLI if usable else JpegEncoder.PROGRESSIVE


def _is_better(made: bytes, image: Image, spec: RenditionSpec) -> bool:
    """Whether the image itself does not meet the requirements, or the rendition saves enough."""
    must_change = not replace(spec, smaller=False).is_met_by(image)
    share = MAX_SIZE_RATIO if spec.smaller else 1
    return must_change or len(made) < share * len(image.data)


def _attempts(
    image: PIL.Image.Image, spec: RenditionSpec, content: ContentClass
) -> Iterator[_Attempt]:
    """The attempts to make, the best first: one, or several where `max_bytes` is set."""
    first, *others = _sides(image, spec)
    image.thumbnail((first, first))
    for target in _targets(spec, content):
        compression = spec.compression
        if compression is None:
            compression = content.compression(target)
        is_portable_png = spec.portable and target is ImageFormat.PNG
        least = PORTABLE_PNG_SHARE * first if is_portable_png else 0
        for side in (first, *(side for side in others if side >= least)):
            scaled = image if side == first else PIL.ImageOps.contain(image, (side, side))
            yield _Attempt(scaled, target, compression)
            if spec.max_bytes is not None and target.has_compression:
                yield from (_Attempt(scaled, target, quality) for quality in FALLBACK_QUALITIES)


def _targets(spec: RenditionSpec, content: ContentClass) -> tuple[ImageFormat, ...]:
    """The formats to try. A portable PNG may be too large; JPEG shows the same on white."""
    target = spec.format or content.best_format
    if spec.portable and spec.format is None and target is ImageFormat.WEBP:
        return (ImageFormat.PNG, ImageFormat.JPEG)
    return (target,)


def _sides(image: PIL.Image.Image, spec: RenditionSpec) -> list[int]:
    longer = max(image.size)
    max_side = min(longer, spec.max_side or longer)
    if spec.max_bytes is None:
        return [max_side]
    return [max_side, *(side for side in SIDES if side < max_side)]
