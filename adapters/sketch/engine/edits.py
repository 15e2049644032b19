"""Edited images: redrawn inside a mask, or as a whole."""

from collections.abc import Sequence
from random import Random

from PIL import Image, ImageChops, ImageFilter, ImageOps

from adapters.sketch.engine.brush_strokes import brush
from adapters.sketch.engine.composition import STANDING
from adapters.sketch.engine.cutout import draw_cutout
from adapters.sketch.engine.finish import label_mask, write_label
from adapters.sketch.engine.framed_inputs import paste_framed
from adapters.sketch.engine.landscape import Landscape, draw_landscape
from adapters.sketch.engine.prompt_words import read_prompt

Box = tuple[int, int, int, int]


def fit(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scale and crop the image to this size; return it unchanged when it has this size."""
    return image if image.size == size else ImageOps.fit(image, size)


def editable_region(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """White where the mask is fully transparent, black where pixels must stay."""
    region = mask.convert("RGBA").getchannel("A").point(lambda v: 0 if v else 255)
    return fit(region, size).point(lambda v: 255 if v == 255 else 0)


def redraw_region(
    base: Image.Image, region: Image.Image, prompt: str, others: Sequence[Image.Image], rng: Random
) -> Image.Image:
    """Draw a new landscape into the base (RGB) where `region` is white; no other pixel changes.

    The label is in a corner of the region if it fits.
    """
    box = region.getbbox()
    if box is None:
        return base.copy()
    part = region.crop(box)
    fresh = draw_landscape(prompt, part.size, rng)
    paste_framed(fresh.image, others, fresh.side, rng)
    result = base.copy()
    result.paste(fresh.image, box[:2], _soften_edge(part))
    _write_label_inside(result, part, box)
    return result


def redraw_image(
    base: Image.Image, prompt: str, others: Sequence[Image.Image], rng: Random
) -> Image.Image:
    """Redraw the whole base (RGB) in the prompt's colors, its subjects blended in; no label."""
    fresh = draw_landscape(prompt, base.size, rng)
    strokes = Image.blend(base, brush(base, rng, min(base.size) / 26), 0.75)
    result = _grade_colors(strokes, fresh)
    scenery = read_prompt(prompt).scenery
    if set(scenery) & {*STANDING, "boat"}:
        _paste_subject(result, prompt, fresh.side, rng)
    elif scenery:
        around = fresh.cover.filter(ImageFilter.GaussianBlur(min(base.size) / 28))
        halo = around.point(lambda v: min(255, round(v * 1.7)))
        result.paste(fresh.image, (0, 0), ImageChops.lighter(fresh.cover, halo))
    paste_framed(result, others, fresh.side, rng)
    return result


def _paste_subject(image: Image.Image, prompt: str, side: int, rng: Random) -> None:
    """Paste the prompt's subject, on a patch of its own ground, low on its side of the image."""
    length = max(8, round(min(image.size) * 0.66))
    patch = draw_cutout(prompt, (length, length), rng)
    left = round(image.width * (0.5 + 0.2 * side) - length / 2)
    top = round(image.height * 0.96) - length
    image.paste(patch, (min(max(0, left), image.width - length), max(0, top)), patch)


def _grade_colors(image: Image.Image, fresh: Landscape) -> Image.Image:
    """Grade the image to the light of the fresh landscape, whose shapes show through a little."""
    colors = fresh.palette
    tones = ImageOps.colorize(
        image.convert("L"), colors.local(colors.shadow), colors.sun, mid=colors.sky, midpoint=120
    )
    tinted = Image.blend(image, tones, 0.5)
    wash = fresh.image.filter(ImageFilter.GaussianBlur(min(image.size) / 60))
    return Image.blend(tinted, ImageChops.soft_light(tinted, wash), 0.6)


def _soften_edge(region: Image.Image) -> Image.Image:
    """The region with an edge that fades in, and black outside of it."""
    blurred = region.filter(ImageFilter.GaussianBlur(max(0.6, min(region.size) / 40)))
    soft = ImageChops.multiply(region, blurred.point(lambda v: max(0, (v - 128) * 2)))
    wide = sum(soft.histogram()[200:]) * 2 > sum(region.histogram()[255:])
    return soft if wide else region


def _write_label_inside(image: Image.Image, region: Image.Image, box: Box) -> None:
    words = label_mask(image.size)
    room_x, room_y = region.width - words.width, region.height - words.height
    if room_x < 0 or room_y < 0:
        return
    for up in (0.0, 0.03, 0.06, 0.09, 0.12, 0.2, 0.3, 0.5):
        y = round(room_y * (1 - up))
        for x in (room_x, 0, room_x // 2):
            if region.crop((x, y, x + words.width, y + words.height)).getextrema()[0] == 255:
                write_label(image, (box[0] + x, box[1] + y), words)
                return
