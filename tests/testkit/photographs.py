"""Images as heavy as a provider's, for what decodes and encodes them. Drawn the same each time."""

from functools import cache
from io import BytesIO
from random import Random

import PIL.Image
import PIL.ImageChops
import PIL.ImageDraw

from domain.image import Image

SIZE = (1024, 1024)


@cache
def photograph(form: str, *, alpha: bool = False) -> Image:
    """A detailed image of 1024x1024 in this format (png, jpeg, webp, avif), as PIL names it.

    With `alpha` it is opaque in the middle and transparent at the edges.
    """
    image = _grained(_scene())
    if alpha:
        image.putalpha(PIL.Image.radial_gradient("L").point(_opaque_center).resize(SIZE))
    out = BytesIO()
    image.save(out, form, **({"compress_level": 1} if form == "png" else {"quality": 90}))
    return Image(out.getvalue())


@cache
def cutout() -> Image:
    """A disk of that image with a soft edge, on a transparent background."""
    image = _grained(_scene())
    image.putalpha(PIL.Image.radial_gradient("L").resize(SIZE).point(_soft))
    return _png(image)


@cache
def graphic() -> Image:
    """Five flat colors with hard edges."""
    image = PIL.Image.new("RGB", SIZE, "white")
    draw = PIL.ImageDraw.Draw(image)
    for number, color in enumerate(("red", "navy", "gold", "teal")):
        draw.ellipse((150 * number, 100 * number, 150 * number + 400, 700), fill=color)
    return _png(image)


def _scene() -> PIL.Image.Image:
    down = PIL.Image.linear_gradient("L").resize(SIZE)
    across = PIL.Image.linear_gradient("L").transpose(PIL.Image.Transpose.ROTATE_90).resize(SIZE)
    glow = PIL.ImageChops.invert(PIL.Image.radial_gradient("L").resize(SIZE))
    image = PIL.Image.merge("RGB", (glow, across, down))
    draw = PIL.ImageDraw.Draw(image)
    draw.ellipse((620, 100, 820, 300), fill=(250, 220, 120))
    for step, color in enumerate(((60, 90, 110), (50, 110, 70), (30, 70, 40))):
        top, peak = 560 + 150 * step, 200 + 300 * step
        hill = [(0, 1024), (0, top), (peak, top - 200), (1024, top), (1024, 1024)]
        draw.polygon(hill, fill=color)
    return image


def _grained(image: PIL.Image.Image) -> PIL.Image.Image:
    """Three bits of noise in each channel, as a sensor has."""
    noise = Random(1).randbytes(image.width * image.height)  # noqa: S311 - grain, no secrets
    grain = PIL.Image.frombytes("L", image.size, noise)
    bands = [
        PIL.ImageChops.add(band, grain.point([value >> shift & 7 for value in range(256)]), 1, -4)
        for band, shift in zip(image.split(), (0, 3, 5), strict=True)
    ]
    return PIL.Image.merge("RGB", bands)


def _opaque_center(distance: int) -> int:
    return 255 if distance < 160 else 0


def _soft(distance: int) -> int:
    return max(0, min(255, (180 - distance) * 8))


def _png(image: PIL.Image.Image) -> Image:
    out = BytesIO()
    image.save(out, "PNG")
    return Image(out.getvalue())
