"""What is in a picture, as far as coding it is concerned."""

import PIL.Image
import PIL.ImageChops
from PIL.Image import Resampling

from domain.renditions import ContentClass

ROWS = 256
GRAPHIC_SHARE = 0.8
"""Share of pixels that are exactly between their neighbors, from which on a picture is drawn:
drawings had 89-100 %, photographs at most 68 % (22 pictures, 2026-11-23)."""
DETAIL_THRESHOLD = 2.2
"""Mean distance of a pixel from the middle of its neighbors, in gray levels, from which on a
picture is detailed: smooth photographs had 0.6-1.7, paintings 3.5-13.6 (27, 2026-11-23)."""


def classify(picture: PIL.Image.Image) -> ContentClass:
    """Tell by a look at some rows, about 1 ms whatever the size."""
    counted = _distances(picture).histogram()
    pixels = sum(counted)
    if counted[0] >= GRAPHIC_SHARE * pixels:
        return ContentClass.GRAPHIC
    if picture.mode == "RGBA":
        return ContentClass.CUTOUT
    mean = sum(level * count for level, count in enumerate(counted)) / pixels
    return ContentClass.DETAILED if mean >= DETAIL_THRESHOLD else ContentClass.SMOOTH


def _distances(picture: PIL.Image.Image) -> PIL.Image.Image:
    """How far each pixel of ROWS rows is from the middle of its neighbors left and right."""
    size = (picture.width, min(picture.height, ROWS))
    gray = picture.resize(size, Resampling.NEAREST).convert("L")
    left, right = (PIL.ImageChops.offset(gray, step, 0) for step in (1, -1))
    between = PIL.ImageChops.add(left, right, scale=2)
    return PIL.ImageChops.difference(gray, between)
