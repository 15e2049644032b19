"""Decodes images into Pillow objects: upright, in few modes, and without metadata."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import PIL.Image
import PIL.ImageOps

from application.ports.image_optimizer import CannotRender
from domain.image import Image

MAX_PIXELS = 50_000_000
"""As RGBA they take 200 MB."""
GRAY = ("1", "L")
COLOR = ("P", "RGB")
ALPHA = ("LA", "PA", "RGBA", "La", "RGBa")


@contextmanager
def decode(image: Image, max_side: int | None) -> Iterator[PIL.Image.Image]:
    """Decode the image as L, RGB or RGBA, the last only if some pixel is not opaque.

    Use the result in one thread only: Pillow objects are not thread-safe. The image is rotated as
    its EXIF says; its color profile stays in `info`, all other metadata is dropped. A JPEG many
    times larger than `max_side` is decoded at a fraction of its size. Raises CannotRender above
    MAX_PIXELS, and for color modes that cannot be converted without changing colors.
    """
    if image.dimensions.pixels > MAX_PIXELS:
        raise CannotRender(f"it has more than {MAX_PIXELS:,} pixels")
    with PIL.Image.open(BytesIO(image.data), formats=[image.format.value.upper()]) as opened:
        if max_side is not None:
            opened.draft(None, (max_side, max_side))
        PIL.ImageOps.exif_transpose(opened, in_place=True)
        with opened.convert(_target_mode(opened)) as converted:
            profile = opened.info.get("icc_profile")
            converted.info = {"icc_profile": profile} if profile else {}
            with _drop_unused_alpha(converted) as plain:
                yield plain


def _target_mode(opened: PIL.Image.Image) -> str:
    if opened.has_transparency_data or opened.mode in ALPHA:
        return "RGBA"
    if opened.mode in GRAY:
        return "L"
    if opened.mode in COLOR:
        return "RGB"
    raise CannotRender(f"its color mode is {opened.mode}")


def _drop_unused_alpha(image: PIL.Image.Image) -> PIL.Image.Image:
    """The image without its alpha channel, if that is opaque everywhere."""
    if image.mode != "RGBA":
        return image
    lowest, _ = image.getchannel("A").getextrema()
    return image if lowest < 255 else image.convert("RGB")  # type: ignore[operator] # one band
