"""Classifies an image by the kind of its content, to choose its encoding."""

import PIL.Image
import PIL.ImageChops
from PIL.Image import Resampling

from domain.renditions import ContentClass

ROWS = 256
GRAPHIC_SHARE = 0.8
"""An image is a graphic if at least this share of its pixels equals the mean of their neighbors:
drawings had 89-100 %, photographs at most 68 % (22 images, 2026-11-23)."""
DETAIL_THRESHOLD = 2.2
"""An image is detailed if its pixels differ at least this much, on average and in gray levels, from
the mean of their neighbors: smooth photographs had 0.6-1.7, artworks 3.5-13.6 (27 images,
2026-11-23)."""


def classify(image: PIL.Image.Image) -> ContentClass:
    """Classify the image by ROWS of its rows, in about 1 ms for any size."""
    counts = _distances(image).histogram()
    pixels = sum(counts)
    if counts[0] >= GRAPHIC_SHARE * pixels:
        return ContentClass.GRAPHIC
    if image.mode == "RGBA":
        return ContentClass.CUTOUT
    mean = sum(level * count for level, count in enumerate(counts)) / pixels
    return ContentClass.DETAILED if mean >= DETAIL_THRESHOLD else ContentClass.SMOOTH


def _distances(image: PIL.Image.Image) -> PIL.Image.Image:
    """The distance of each pixel of ROWS rows from the mean of its left and right neighbors."""
    size = (image.width, min(image.height, ROWS))
    gray = image.resize(size, Resampling.NEAREST).convert("L")
    left, right = (PIL.ImageChops.offset(gray, step, 0) for step in (1, -1))
    mean = PIL.ImageChops.add(left, right, scale=2)
    return PIL.ImageChops.difference(gray, mean)
