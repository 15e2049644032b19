"""A painting from its first layer to its last."""

from dataclasses import dataclass
from random import Random

from PIL import Image

from adapters.sketch.country import paint_country
from adapters.sketch.desert import paint_desert
from adapters.sketch.finish import finished
from adapters.sketch.palette import Palette, choose_palette
from adapters.sketch.plan import compose
from adapters.sketch.scene import Scene
from adapters.sketch.shore import paint_shore
from adapters.sketch.sky import paint_sky
from adapters.sketch.subjects.placing import paint_birds, place
from adapters.sketch.weather import paint_weather
from adapters.sketch.words import read

LEAST, ENOUGH, MOST = 320, 110_000, 1_700_000
"""A picture is painted with at least this shorter side unless that makes it larger than enough,
and with at most this many pixels; then it is scaled."""
GROUNDS = {"water": paint_shore, "land": paint_country, "desert": paint_desert}


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """A finished picture (RGB), where its subjects are (L), and its colors.

    `side` is 1 when the subject stands right of the middle, else -1.
    """

    picture: Image.Image
    cover: Image.Image
    palette: Palette
    side: int


def paint(prompt: str, size: tuple[int, int], rng: Random) -> Painted:
    """A picture of this size, without lettering."""
    scene = primed(prompt, scaled_size(size), rng)
    paint_sky(scene)
    GROUNDS[scene.plan.ground](scene)
    _paint_air(scene)
    paint_weather(scene)
    return Painted(
        picture=finished(scene.canvas.resize(size, Image.Resampling.LANCZOS), rng),
        cover=scene.cover.resize(size, Image.Resampling.BILINEAR),
        palette=scene.palette,
        side=scene.plan.side,
    )


def primed(prompt: str, size: tuple[int, int], rng: Random) -> Scene:
    """An empty canvas with a plan and a palette for the prompt."""
    wish = read(prompt)
    plan = compose(wish, rng)
    palette = choose_palette(wish, plan.time, plan.ground == "desert", rng)
    canvas = Image.new("RGB", size, palette.sky)
    return Scene(canvas, Image.new("L", size, 0), Image.new("L", size, 0), plan, palette, rng)


def scaled_size(size: tuple[int, int]) -> tuple[int, int]:
    """The size at which a picture of this size is painted."""
    width, height = size
    finer = min(LEAST / min(size), (ENOUGH / (width * height)) ** 0.5)
    scale = min(max(1.0, finer), (MOST / (width * height)) ** 0.5)
    return (max(24, round(width * scale)), max(24, round(height * scale)))


def _paint_air(scene: Scene) -> None:
    width, height = scene.size
    plan, rng = scene.plan, scene.rng
    if "bird" in plan.scenery or (not plan.starry and rng.random() < 0.5):
        paint_birds(scene, rng.randint(4, 9))
    if "balloon" in plan.scenery:
        across, down = plan.subject, plan.horizon * height
        place(scene, "balloon", (across * width, down * 0.72), 1.15, 0.95)
        for _ in range(rng.randint(1, 3)):
            share = (1 - across) + rng.uniform(-0.2, 0.16)
            place(scene, "balloon", (share * width, down * rng.uniform(0.4, 0.8)), 0.34, 0.5)
