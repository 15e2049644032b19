"""Pictures as Pillow objects: upright, in few modes, and free of metadata."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import PIL.Image
import PIL.ImageOps

from application.ports.image_optimizer import CannotRender
from domain.image import Image

MAX_DECODED_BYTES = 50_000_000
"""Pixels; as RGBA they take 200 MB."""
GRAY = ("1", "L")
COLOR = ("P", "RGB")
ALPHA = ("LA", "PA", "RGBA", "La", "RGBa")


@contextmanager
def decode(image: Image, max_side: int | None) -> Iterator[PIL.Image.Image]:
    """The picture as L, RGB or RGBA, the last only where something is not opaque.

    Belongs to one task: what one thread saves of a Pillow object, another thread would read.
    Turned as its EXIF says; a color profile stays in `info`, everything else is dropped. Where a
    JPEG is many times larger than `max_side`, it is read at a part of its size. Raises
    CannotRender for pictures that are too large and for modes whose colors we could not keep.
    """
    if image.dimensions.pixels > MAX_DECODED_BYTES:
        raise CannotRender(f"it has more than {MAX_DECODED_BYTES:,} pixels")
    with PIL.Image.open(BytesIO(image.data), formats=[image.format.value.upper()]) as opened:
        if max_side is not None:
            opened.draft(None, (max_side, max_side))
        PIL.ImageOps.exif_transpose(opened, in_place=True)
        with opened.convert(_mode(opened)) as picture:
            profile = opened.info.get("icc_profile")
            picture.info = {"icc_profile": profile} if profile else {}
            with _opaque(picture) as plain:
                yield plain


def _mode(opened: PIL.Image.Image) -> str:
    if opened.has_transparency_data or opened.mode in ALPHA:
        return "RGBA"
    if opened.mode in GRAY:
        return "L"
    if opened.mode in COLOR:
        return "RGB"
    raise CannotRender(f"its color mode is {opened.mode}")


def _opaque(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Without the alpha channel, if it says nothing."""
    if picture.mode != "RGBA":
        return picture
    lowest, _ = picture.getchannel("A").getextrema()
    return picture if lowest < 255 else picture.convert("RGB")  # type: ignore[operator] # one band
