"""Brush strokes: an image redrawn in strokes that follow a common flow."""

from math import cos, sin
from random import Random

from PIL import Image, ImageDraw, ImageFilter

from adapters.sketch.engine.noise import fractal
from adapters.sketch.engine.scene import Scene
from adapters.sketch.engine.sky import draw_sun_or_moon

SAMPLE_SCALE = 4
"""Colors are sampled from the image at this reduction."""
MAX_COLOR_CHANGE = 40
"""Where colors differ by more than this along a stroke, the stroke stays short."""


def brush(
    image: Image.Image, rng: Random, length: float, coverage: float = 1.6, jitter: int = 5
) -> Image.Image:
    """Redraw the image (RGB) in strokes of about `length` pixels.

    `coverage` is the strokes' total area as a multiple of the canvas; `jitter` is the most that a
    stroke's color deviates, in steps of 255.
    """
    width, height = image.size
    length = max(3.0, length)
    small = image.reduce(SAMPLE_SCALE) if min(image.size) >= SAMPLE_SCALE * 4 else image
    blur = max(0.5, length * small.width / width / 8)
    seen = _ColorSampler(small.filter(ImageFilter.GaussianBlur(blur)), image.size)
    flow = _ColorSampler(fractal(rng, (64, 64), (3, 3), octaves=2).convert("RGB"), image.size)
    canvas = image.copy()
    pen = ImageDraw.Draw(canvas)
    for _ in range(round(coverage * width * height / (length * length * 0.13))):
        across, down = rng.random() * width, rng.random() * height
        angle = (flow.at(across, down)[0] - 128) / 128 * 0.75
        half = length * (0.35 + 0.3 * rng.random())
        step = (cos(angle) * half, sin(angle) * half)
        tint, ahead = seen.at(across, down), seen.at(across + step[0], down + step[1])
        if (
            abs(tint[0] - ahead[0]) + abs(tint[1] - ahead[1]) + abs(tint[2] - ahead[2])
            > MAX_COLOR_CHANGE
        ):
            step = (step[0] * 0.3, step[1] * 0.3)
        off = rng.randint(-jitter, jitter)
        fill = (tint[0] + off, tint[1] + off, tint[2] + off)
        pen.polygon(_stroke_outline((across, down), step, length * 0.09), fill=fill)
    return canvas


class _ColorSampler:
    """Reads colors from a small image (RGB) by coordinates of a large one."""

    def __init__(self, small: Image.Image, size: tuple[int, int]) -> None:
        self._bytes, self._width, self._height = small.tobytes(), small.width, small.height
        self._across, self._down = small.width / size[0], small.height / size[1]

    def at(self, across: float, down: float) -> bytes:
        x = min(self._width - 1, max(0, int(across * self._across)))
        y = min(self._height - 1, max(0, int(down * self._down)))
        start = (y * self._width + x) * 3
        return self._bytes[start : start + 3]


def _stroke_outline(
    middle: tuple[float, float], step: tuple[float, float], thick: float
) -> list[tuple[float, float]]:
    """A stroke's outline: a lens, blunt where the stroke begins."""
    across, down = middle
    along, fall = step
    norm = max(0.01, (along * along + fall * fall) ** 0.5)
    side, rise = -fall / norm * thick, along / norm * thick
    return [
        (across - along, down - fall),
        (across - along * 0.6 + side, down - fall * 0.6 + rise),
        (across + along * 0.5 + side, down + fall * 0.5 + rise),
        (across + along, down + fall),
        (across + along * 0.5 - side, down + fall * 0.5 - rise),
        (across - along * 0.6 - side, down - fall * 0.6 - rise),
    ]


def brush_scene(scene: Scene) -> None:
    """Draw broad strokes over the scene, keep some of its detail, and draw sun or moon on top."""
    strokes = brush(scene.canvas, scene.rng, scene.unit / 22)
    scene.canvas = Image.blend(scene.canvas, strokes, 0.62)
    draw_sun_or_moon(scene)
