"""Pictures as heavy as a provider's, for those who look into them and those who encode them."""

from base64 import b64decode
from functools import cache
from io import BytesIO

import PIL.Image
import PIL.ImageDraw

from domain.image import Image
from tests.standin.image_files import ImageSpec, image_template


@cache
def photograph(form: str, *, alpha: bool = False) -> Image:
    """A busy picture of 1024x1024."""
    spec = ImageSpec(size=(1024, 1024), format=form, alpha=alpha)
    return Image(b64decode(image_template(spec).with_number(1).base64))


@cache
def cutout() -> Image:
    """A disk of that picture with a soft edge, before nothing."""
    with PIL.Image.open(BytesIO(photograph("png").data)) as opened:
        picture = opened.convert("RGBA")
    edge = PIL.Image.radial_gradient("L").resize(picture.size).point(_soft)
    picture.putalpha(edge)
    return _png(picture)


@cache
def graphic() -> Image:
    """Five flat colors with hard edges."""
    picture = PIL.Image.new("RGB", (1024, 1024), "white")
    draw = PIL.ImageDraw.Draw(picture)
    for number, color in enumerate(("red", "navy", "gold", "teal")):
        draw.ellipse((150 * number, 100 * number, 150 * number + 400, 700), fill=color)
    return _png(picture)


def _soft(distance: int) -> int:
    return max(0, min(255, (180 - distance) * 8))


def _png(picture: PIL.Image.Image) -> Image:
    out = BytesIO()
    picture.save(out, "PNG")
    return Image(out.getvalue())
