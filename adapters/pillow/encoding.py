"""Encodes Pillow objects."""

import os
from contextlib import suppress
from enum import Enum, auto
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO

import PIL.Image
import PIL.ImageStat
from PIL import features

from adapters.pillow.jpegli import can_encode, encode_with_jpegli
from application.ports.image_optimizer import CannotRender
from domain.image_formats import ImageFormat

AVIF_SPEED = 10
"""The fastest of 0 to 10."""
AVIF_MAX_PIXELS = 4096 * 3072
"""Encoding takes 28 to 45 bytes of a worker's address space for each pixel, and 50 megapixels up to
2.5 GB (2026-11-27). The largest images of today's models have 8.3 megapixels."""
FULL_COLOR = 90
"""From this compression on, an AVIF keeps the full resolution of colors: edges of flat colors would
show the loss."""
JPEG_BACKGROUND = "white"
"""The background of a transparent image in JPEG, which has no transparency."""


class JpegEncoder(Enum):
    """How a JPEG is encoded. The numbers are of 1024x1024 pixels at quality 89 (2026-11-27)."""

    BASELINE = auto()
    """By Pillow in one pass: 3 ms."""
    PROGRESSIVE = auto()
    """By Pillow: 7 % fewer bytes than BASELINE, for 17 ms."""
    JPEGLI = auto()
    """By jpegli where it can encode the image, or else as PROGRESSIVE."""


def encode(
    image: PIL.Image.Image,
    target: ImageFormat,
    compression: int | None,
    jpeg_encoder: JpegEncoder = JpegEncoder.PROGRESSIVE,
) -> bytes:
    """The image in this format, with its color profile.

    `compression` is 0-100, more is finer, and None is lossless; PNG has no such setting, and JPEG
    and AVIF are always lossy: None is 95 for them. Raises CannotRender for an AVIF
    that cannot be made.
    """
    profile = image.info.get("icc_profile")
    if target is ImageFormat.JPEG:
        quality = 95 if compression is None else compression
        return _encode_jpeg(_flatten(image), quality, profile, jpeg_encoder)
    out = BytesIO()
    if target is ImageFormat.AVIF:
        _save_avif(image, out, 95 if compression is None else compression, profile)
    elif target is ImageFormat.PNG:
        image.save(out, "PNG", icc_profile=profile)
    elif compression is None:
        image.save(out, "WEBP", lossless=True, quality=75, method=2, icc_profile=profile)
    else:
        # Method 6 would save 2-6 % of the bytes at 2 to 25 times the CPU (measured 2026-11-22).
        image.save(out, "WEBP", quality=compression, method=4, icc_profile=profile)
    return out.getvalue()


def _save_avif(image: PIL.Image.Image, out: IO[bytes], quality: int, profile: bytes | None) -> None:
    """In one thread: a second one takes 150 MB more and saves a tenth of the time.

    Raises CannotRender for more than AVIF_MAX_PIXELS, and if Pillow was built without AVIF.
    """
    if not features.check("avif"):
        raise CannotRender("the image library of this server has no AVIF encoder")
    if image.width * image.height > AVIF_MAX_PIXELS:
        raise CannotRender(f"an AVIF of more than {AVIF_MAX_PIXELS:,} pixels takes too much memory")
    _without_hidden_colors(image).save(
        out,
        "AVIF",
        quality=quality,
        speed=AVIF_SPEED,
        subsampling="4:4:4" if quality >= FULL_COLOR else "4:2:0",
        max_threads=1,
        icc_profile=profile,
    )


def _without_hidden_colors(image: PIL.Image.Image) -> PIL.Image.Image:
    """The image with one color, the mean of the others, where it is fully transparent.

    A cut-out whose provider left noise there took three times the bytes (2026-11-27). WebP's
    encoder does the same by itself.
    """
    if image.mode != "RGBA":
        return image
    visible = image.getchannel("A").point([0, *[255] * 255])
    mean = PIL.ImageStat.Stat(image, visible).mean
    filled = PIL.Image.new("RGBA", image.size, (round(mean[0]), round(mean[1]), round(mean[2]), 0))
    filled.paste(image, mask=visible)
    return filled


def _encode_jpeg(
    image: PIL.Image.Image, quality: int, profile: bytes | None, encoder: JpegEncoder
) -> bytes:
    if encoder is JpegEncoder.JPEGLI and can_encode(image, profile):
        with suppress(Exception):  # a young library must not cost a rendition
            return encode_with_jpegli(image, quality, profile)
    progressive = encoder is not JpegEncoder.BASELINE
    return _encode_with_pillow(image, quality, profile, progressive=progressive)


def _encode_with_pillow(
    image: PIL.Image.Image, quality: int, profile: bytes | None, *, progressive: bool
) -> bytes:
    """Via a file, because Pillow holds the GIL while it encodes a JPEG into memory."""
    with _temporary_file() as file:
        image.save(file, "JPEG", quality=quality, progressive=progressive, icc_profile=profile)
        file.seek(0)
        return file.read()


def _temporary_file() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("rendition"), "w+b")
    return TemporaryFile()


def _flatten(image: PIL.Image.Image) -> PIL.Image.Image:
    if image.mode != "RGBA":
        return image
    flat = PIL.Image.new("RGB", image.size, JPEG_BACKGROUND)
    flat.paste(image, mask=image.getchannel("A"))
    flat.info = image.info
    return flat
