"""Mist, rain and snow in front of the scene."""

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from adapters.sketch.engine.colors import fade, mix
from adapters.sketch.engine.noise import fractal
from adapters.sketch.engine.scene import Scene


def draw_weather(scene: Scene) -> None:
    """Draw the plan's weather over everything."""
    weather = scene.plan.weather
    if "fog" in weather:
        _mist(scene)
    if weather & {"rain", "storm"}:
        _rain(scene)
    if "snowfall" in weather:
        _snowfall(scene)


def _mist(scene: Scene) -> None:
    """Draw banks of mist, densest at the horizon."""
    at = scene.plan.horizon
    share = fade(
        [(0, 0), (at * 0.6, 0.1), (at, 0.55), (min(0.99, at + 0.3), 0.15), (1, 0)], scene.size
    )
    small = fractal(scene.rng, (256, 128), (2, 6), octaves=4).point(lambda v: 90 + v * 165 // 255)
    banks = small.resize(scene.size, Image.Resampling.BICUBIC)
    scene.fill(
        mix(scene.palette.horizon, scene.palette.far, 0.15), ImageChops.multiply(share, banks)
    )


def _rain(scene: Scene) -> None:
    rng, (width, height) = scene.rng, scene.size
    mask = Image.new("L", scene.size, 0)
    pen = ImageDraw.Draw(mask)
    for _ in range(420):
        x, y, near = rng.uniform(-0.1, 1.1) * width, rng.random() * height, rng.random()
        reach = scene.unit * (0.02 + 0.05 * near)
        pen.line([(x, y), (x - reach * 0.22, y + reach)], fill=round(30 + 60 * near), width=1)
    scene.fill(mix(scene.palette.horizon, (255, 255, 255), 0.4), mask)


def _snowfall(scene: Scene) -> None:
    rng, (width, height) = scene.rng, scene.size
    mask = Image.new("L", scene.size, 0)
    pen = ImageDraw.Draw(mask)
    for _ in range(520):
        x, y, near = rng.random() * width, rng.random() * height, rng.random() ** 3
        size = scene.unit * (0.0012 + 0.005 * near)
        pen.ellipse((x - size, y - size, x + size, y + size), fill=round(210 - 90 * near))
    soft = mask.filter(ImageFilter.GaussianBlur(scene.unit / 900))
    scene.fill(mix(scene.palette.horizon, (255, 255, 255), 0.75), soft)
