"""Earlier stages of a finished image, for partial images."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

from adapters.sketch.engine.brush_strokes import brush

PAPER = (238, 228, 208)
CHARCOAL = (70, 58, 62)
MAX_PIXELS = 700_000
"""Stages are drawn with at most this many pixels: they have no detail to lose."""


def draw_stages(final: Image.Image, count: int, rng: Random) -> list[Image.Image]:
    """`count` (0 to 3) earlier stages of an image (RGB or RGBA), each nearer to it.

    Three are a charcoal drawing under a thin wash, broad strokes, fine strokes. Two are the
    drawing and the fine strokes; one is the fine strokes.
    """
    kinds = {0: (), 1: (_fine,), 2: (_charcoal, _fine), 3: (_charcoal, _broad, _fine)}[count]
    if not kinds:
        return []
    scale = min(1.0, (MAX_PIXELS / (final.width * final.height)) ** 0.5)
    size = (max(1, round(final.width * scale)), max(1, round(final.height * scale)))
    small = final.convert("RGB").resize(size, Image.Resampling.BOX)
    shown = []
    for kind in kinds:
        stage = kind(small, rng).resize(final.size, Image.Resampling.BICUBIC)
        if final.mode == "RGBA":
            stage.putalpha(final.getchannel("A"))
        shown.append(stage)
    return shown


def _charcoal(image: Image.Image, rng: Random) -> Image.Image:
    unit = min(image.size)
    wash = brush(image.filter(ImageFilter.GaussianBlur(unit / 16)), rng, unit / 5, 1.2)
    paper = Image.new("RGB", image.size, PAPER)
    sheet = Image.blend(paper, ImageChops.multiply(paper, wash), 0.4)
    gray = image.convert("L").filter(ImageFilter.GaussianBlur(max(0.7, unit / 250)))
    edges = gray.filter(ImageFilter.FIND_EDGES)
    ImageDraw.Draw(edges).rectangle((0, 0, edges.width - 1, edges.height - 1), outline=0, width=3)
    faint = ImageStat.Stat(edges).mean[0] * 1.9
    strong = max(4.0, _brightest(edges, 0.02) - faint)
    lines = edges.point(lambda v: round(max(0, min(220, (v - faint) / strong * 220))))
    sheet.paste(CHARCOAL, (0, 0), lines)
    return sheet


def _brightest(gray: Image.Image, share: float) -> int:
    """The gray level that this share of the pixels reaches."""
    counts = gray.histogram()
    level, left = 255, share * gray.width * gray.height
    while level > 0 and left > counts[level]:
        left -= counts[level]
        level -= 1
    return level


def _broad(image: Image.Image, rng: Random) -> Image.Image:
    unit = min(image.size)
    masses = image.filter(ImageFilter.GaussianBlur(unit / 40))
    return brush(masses, rng, unit / 9, 2.0, jitter=9)


def _fine(image: Image.Image, rng: Random) -> Image.Image:
    unit = min(image.size)
    masses = image.filter(ImageFilter.GaussianBlur(unit / 200))
    return brush(masses, rng, unit / 24, 2.0, jitter=6)
