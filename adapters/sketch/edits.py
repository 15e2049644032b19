"""Changed pictures: inside a mask, or all over."""

from collections.abc import Sequence
from io import BytesIO
from random import Random

from PIL import Image, ImageChops, ImageFilter, ImageOps

from adapters.sketch.cutout import paint_cutout
from adapters.sketch.finish import letter, lettering
from adapters.sketch.frames import hang
from adapters.sketch.painting import Painted, paint
from adapters.sketch.plan import STANDING
from adapters.sketch.strokes import brushed
from adapters.sketch.words import read
from domain.image import Image as InputImage
from domain.provider_errors import RequestRefused

FORMATS = ("PNG", "JPEG", "WEBP")
Box = tuple[int, int, int, int]


def opened(image: InputImage, field: str) -> Image.Image:
    """The pixels of an input (RGB or RGBA); raise RequestRefused if Pillow cannot read them."""
    try:
        with Image.open(BytesIO(image.data), formats=FORMATS) as picture:
            alpha = picture.has_transparency_data
            return picture.convert("RGBA" if alpha else "RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise RequestRefused(f"The sketch provider cannot read {field}: {error}.") from error


def fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture, scaled and cropped to cover this size; itself when it has this size."""
    return picture if picture.size == size else ImageOps.fit(picture, size)


def editable(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """White where the mask is fully transparent, black where pixels must stay."""
    region = mask.convert("RGBA").getchannel("A").point(lambda v: 0 if v else 255)
    return fitted(region, size).point(lambda v: 255 if v == 255 else 0)


def repainted(
    base: Image.Image, region: Image.Image, prompt: str, others: Sequence[Image.Image], rng: Random
) -> Image.Image:
    """The base (RGB) with a new painting where `region` is white; elsewhere not a pixel changes.

    The words stand in a corner of the region if there is a place for them.
    """
    box = region.getbbox()
    if box is None:
        return base.copy()
    part = region.crop(box)
    fresh = paint(prompt, part.size, rng)
    hang(fresh.picture, others, fresh.side, rng)
    result = base.copy()
    result.paste(fresh.picture, box[:2], _soft_inside(part))
    _letter_inside(result, part, box)
    return result


def reinterpreted(
    base: Image.Image, prompt: str, others: Sequence[Image.Image], rng: Random
) -> Image.Image:
    """The whole base (RGB) in the colors of the prompt, its subjects melted in; not lettered."""
    fresh = paint(prompt, base.size, rng)
    told = Image.blend(base, brushed(base, rng, min(base.size) / 26), 0.75)
    result = _graded(told, fresh)
    scenery = read(prompt).scenery
    if set(scenery) & {*STANDING, "boat"}:
        _set_down(result, prompt, fresh.side, rng)
    elif scenery:
        around = fresh.cover.filter(ImageFilter.GaussianBlur(min(base.size) / 28))
        halo = around.point(lambda v: min(255, round(v * 1.7)))
        result.paste(fresh.picture, (0, 0), ImageChops.lighter(fresh.cover, halo))
    hang(result, others, fresh.side, rng)
    return result


def _set_down(picture: Image.Image, prompt: str, side: int, rng: Random) -> None:
    """Put the prompt's subject, on a patch of its own ground, low on its side of the picture."""
    length = max(8, round(min(picture.size) * 0.66))
    patch = paint_cutout(prompt, (length, length), rng)
    left = round(picture.width * (0.5 + 0.2 * side) - length / 2)
    top = round(picture.height * 0.96) - length
    picture.paste(patch, (min(max(0, left), picture.width - length), max(0, top)), patch)


def _graded(picture: Image.Image, fresh: Painted) -> Image.Image:
    """The picture in the light of the fresh painting, whose shapes show through a little."""
    colors = fresh.palette
    tones = ImageOps.colorize(
        picture.convert("L"), colors.local(colors.shadow), colors.sun, mid=colors.sky, midpoint=120
    )
    tinted = Image.blend(picture, tones, 0.5)
    wash = fresh.picture.filter(ImageFilter.GaussianBlur(min(picture.size) / 60))
    return Image.blend(tinted, ImageChops.soft_light(tinted, wash), 0.6)


def _soft_inside(region: Image.Image) -> Image.Image:
    """The region with an edge that fades in, and nothing outside of it."""
    blurred = region.filter(ImageFilter.GaussianBlur(max(0.6, min(region.size) / 40)))
    soft = ImageChops.multiply(region, blurred.point(lambda v: max(0, (v - 128) * 2)))
    wide = sum(soft.histogram()[200:]) * 2 > sum(region.histogram()[255:])
    return soft if wide else region


def _letter_inside(picture: Image.Image, region: Image.Image, box: Box) -> None:
    words = lettering(picture.size)
    room_x, room_y = region.width - words.width, region.height - words.height
    if room_x < 0 or room_y < 0:
        return
    for up in (0.0, 0.03, 0.06, 0.09, 0.12, 0.2, 0.3, 0.5):
        y = round(room_y * (1 - up))
        for x in (room_x, 0, room_x // 2):
            if region.crop((x, y, x + words.width, y + words.height)).getextrema()[0] == 255:
                letter(picture, (box[0] + x, box[1] + y), words)
                return
