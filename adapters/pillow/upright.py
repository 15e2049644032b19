"""Turns images upright and into 8-bit gray, RGB or RGBA, in sRGB."""

from dataclasses import dataclass

import PIL.Image
from PIL.Image import Transpose

from adapters.pillow.color_profiles import to_srgb
from domain.errors import UnreadableImage
from domain.input_images import TURNED

ORIENTATION = 0x0112  # EXIF
TO_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""How to turn an image of each EXIF orientation."""
DEEP_GRAY = ("I;16", "I")
ALPHA = ("LA", "PA", "RGBA", "La", "RGBa")
STANDARD = ("L", "RGB", "RGBA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upright:
    """The converted image, the EXIF orientation that it had, and the changes that show.

    `touched` is false if its pixels are those of the file.
    """

    image: PIL.Image.Image
    orientation: int
    changes: tuple[str, ...]
    touched: bool


def to_upright(opened: PIL.Image.Image, *, deep: bool = False) -> Upright:
    """Decode the image and convert it; its profile and all metadata are dropped.

    `deep` says that its file has 16 bits per channel, which Pillow reduces while it decodes. Raises
    UnreadableImage for a color mode that cannot be converted.
    """
    orientation = _orientation(opened)
    opened.load()
    mode, profile = opened.mode, opened.info.get("icc_profile")
    loaded = opened._new(opened.im)  # noqa: SLF001 - without its decoder, which holds memory
    standard = _standard(loaded, profile, deep=deep)
    touched = standard is not loaded or orientation != 1
    standard = turned(standard, orientation)
    changes = (
        TURNED if orientation != 1 else "",
        "converted from CMYK to RGB" if mode == "CMYK" else "",
        "reduced from 16 to 8 bits per channel" if deep else "",
    )
    standard.info = {}
    return Upright(
        image=standard,
        orientation=orientation,
        changes=tuple(change for change in changes if change),
        touched=touched,
    )


def turned(image: PIL.Image.Image, orientation: int) -> PIL.Image.Image:
    """The image turned from this EXIF orientation; itself for 1."""
    return image.transpose(TO_UPRIGHT[orientation]) if orientation in TO_UPRIGHT else image


def _orientation(opened: PIL.Image.Image) -> int:
    """The orientation in the EXIF of the image; 1 without one, and for EXIF that is damaged."""
    try:
        value = opened.getexif().get(ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - Pillow raises many kinds; viewers ignore such EXIF too
        return 1
    return value if value in range(1, 9) else 1


def _standard(image: PIL.Image.Image, profile: bytes | None, *, deep: bool) -> PIL.Image.Image:
    """The image in one of the STANDARD modes; itself if it is already."""
    if deep:
        image = _reduced(image)
    if image.mode in ALPHA or image.has_transparency_data:
        return _with_alpha(image, profile)
    if image.mode in ("1", "P"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    image = to_srgb(image, profile)
    if image.mode == "CMYK":
        image = image.convert("RGB")
    if image.mode not in STANDARD:
        raise UnreadableImage(
            f"Its color mode is {image.mode}, which cannot be converted.",
            hint="Save it as PNG in RGB.",
        )
    return image


def _with_alpha(image: PIL.Image.Image, profile: bytes | None) -> PIL.Image.Image:
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    if profile is None:
        return rgba
    opaque = image.getchannel("L") if image.mode == "LA" else rgba.convert("RGB")
    made = to_srgb(opaque, profile)
    if made is opaque:
        return rgba
    made.putalpha(rgba.getchannel("A"))
    return made


def _reduced(image: PIL.Image.Image) -> PIL.Image.Image:
    """The image of 16 bits per channel in 8, with its transparent color, if it has one.

    Pillow reduces all but gray while it decodes; gray without this would become white.
    """
    color = image.info.get("transparency")
    if image.mode in DEEP_GRAY:
        info = image.info
        image = image.point(lambda level: level * (1 / 256)).convert("L")
        image.info = info
    if isinstance(color, tuple):
        image.info["transparency"] = tuple(level >> 8 for level in color)
    elif isinstance(color, int):
        image.info["transparency"] = color >> 8
    return image
