"""Converts colors to sRGB by the profile in an image."""

from functools import cache
from io import BytesIO

import PIL.Image
import PIL.ImageChops
import PIL.ImageCms
from PIL.ImageCms import Flags, ImageCmsProfile, Intent

SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
"""The color space that the profile of an image of this mode must have."""
TOLERANCE = 10
"""Levels of 255. sRGB profiles of other makers differ by 1, gray of gamma 2.2 by 9, gray of gamma
1.8 by 19, Display P3 and Adobe RGB by 102 (2026-11-27)."""


def to_srgb(image: PIL.Image.Image, profile: bytes | None) -> PIL.Image.Image:
    """Return an L, RGB or CMYK image in sRGB: itself if its profile is sRGB or nearly so.

    A profile that is damaged, or for another kind of image, is ignored.
    """
    if profile is None or image.mode not in SPACES:
        return image
    try:
        source = ImageCmsProfile(BytesIO(profile))
        if source.profile.xcolor_space != SPACES[image.mode] or _is_srgb(source, image.mode):
            return image
        return _transformed(image, source)
    except (PIL.ImageCms.PyCMSError, OSError):
        return image


def _is_srgb(source: ImageCmsProfile, mode: str) -> bool:
    if mode == "CMYK":
        return False
    sample = _grid() if mode == "RGB" else PIL.Image.linear_gradient("L")
    same = sample.convert("RGB")
    distance = PIL.ImageChops.difference(_transformed(sample, source), same)
    return all(high <= TOLERANCE for _, high in distance.getextrema())  # type: ignore[misc] # three bands


def _transformed(image: PIL.Image.Image, source: ImageCmsProfile) -> PIL.Image.Image:
    made = PIL.ImageCms.profileToProfile(
        image,
        source,
        PIL.ImageCms.createProfile("sRGB"),
        renderingIntent=Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=Flags.BLACKPOINTCOMPENSATION,
    )
    assert made is not None  # only None in place
    return made


@cache
def _grid() -> PIL.Image.Image:
    """Each of 216 colors once."""
    levels = range(0, 256, 51)
    colors = bytes(value for r in levels for g in levels for b in levels for value in (r, g, b))
    return PIL.Image.frombytes("RGB", (len(colors) // 3, 1), colors)
