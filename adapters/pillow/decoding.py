"""Decodes images into Pillow objects: upright, in few modes, and without metadata."""

import PIL.Image
import PIL.ImageOps

from adapters.pillow.opening import open_image
from application.ports.image_optimizer import CannotRender
from domain.image import Image

GRAY = ("1", "L")
COLOR = ("P", "RGB")
ALPHA = ("LA", "PA", "RGBA", "La", "RGBa")


def decode(image: Image, max_side: int | None) -> PIL.Image.Image:
    """Decode the image as L, RGB or RGBA, the last only if some pixel is not opaque.

    The image is rotated as its EXIF says; its color profile stays in `info`, all other metadata is
    dropped. A JPEG many times larger than `max_side` is decoded at a fraction of its size. Raises
    UnreadableImage as `open_image` does, and CannotRender for color modes that cannot be converted
    without changing colors.
    """
    loaded = _load(image, max_side)
    mode = _target_mode(loaded)
    PIL.ImageOps.exif_transpose(loaded, in_place=True)
    converted = loaded if loaded.mode == mode else loaded.convert(mode)
    profile = loaded.info.get("icc_profile")
    converted.info = {"icc_profile": profile} if profile else {}
    return _drop_unused_alpha(converted)


def _load(image: Image, max_side: int | None) -> PIL.Image.Image:
    """The decoded pixels without their decoder: the WebP decoder holds three times their memory."""
    with open_image(image) as opened:
        if max_side is not None:
            opened.draft(None, (max_side, max_side))
        opened.load()
        return opened._new(opened.im)  # noqa: SLF001 - a copy would double the memory


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
