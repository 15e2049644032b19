"""The way to a picture: what its partial images show."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

from adapters.sketch.strokes import brushed

PAPER = (238, 228, 208)
CHARCOAL = (70, 58, 62)
MOST = 700_000
"""Stages are painted with at most this many pixels; they have no detail to lose."""


def stages(final: Image.Image, count: int, rng: Random) -> list[Image.Image]:
    """`count` (0 to 3) earlier stages of a picture (RGB or RGBA), each nearer to it.

    A charcoal drawing under a thin wash, then broad strokes, then finer ones; where fewer are
    asked for, the drawing and the finer strokes are kept.
    """
    kinds = {0: (), 1: (_fine,), 2: (_drawn, _fine), 3: (_drawn, _broad, _fine)}[count]
    if not kinds:
        return []
    scale = min(1.0, (MOST / (final.width * final.height)) ** 0.5)
    size = (max(1, round(final.width * scale)), max(1, round(final.height * scale)))
    small = final.convert("RGB").resize(size, Image.Resampling.BOX)
    shown = []
    for kind in kinds:
        stage = kind(small, rng).resize(final.size, Image.Resampling.BICUBIC)
        if final.mode == "RGBA":
            stage.putalpha(final.getchannel("A"))
        shown.append(stage)
    return shown


def _drawn(picture: Image.Image, rng: Random) -> Image.Image:
    unit = min(picture.size)
    wash = brushed(picture.filter(ImageFilter.GaussianBlur(unit / 16)), rng, unit / 5, 1.2)
    paper = Image.new("RGB", picture.size, PAPER)
    sheet = Image.blend(paper, ImageChops.multiply(paper, wash), 0.4)
    gray = picture.convert("L").filter(ImageFilter.GaussianBlur(max(0.7, unit / 250)))
    edges = gray.filter(ImageFilter.FIND_EDGES)
    ImageDraw.Draw(edges).rectangle((0, 0, edges.width - 1, edges.height - 1), outline=0, width=3)
    faint = ImageStat.Stat(edges).mean[0] * 1.9
    strong = max(4.0, _brightest(edges, 0.02) - faint)
    lines = edges.point(lambda v: round(max(0, min(220, (v - faint) / strong * 220))))
    sheet.paste(CHARCOAL, (0, 0), lines)
    return sheet


def _brightest(gray: Image.Image, share: float) -> int:
    """The level that this share of the pixels reaches."""
    counts = gray.histogram()
    level, left = 255, share * gray.width * gray.height
    while level > 0 and left > counts[level]:
        left -= counts[level]
        level -= 1
    return level


def _broad(picture: Image.Image, rng: Random) -> Image.Image:
    unit = min(picture.size)
    masses = picture.filter(ImageFilter.GaussianBlur(unit / 40))
    return brushed(masses, rng, unit / 9, 2.0, jitter=9)


def _fine(picture: Image.Image, rng: Random) -> Image.Image:
    unit = min(picture.size)
    masses = picture.filter(ImageFilter.GaussianBlur(unit / 200))
    return brushed(masses, rng, unit / 24, 2.0, jitter=6)
