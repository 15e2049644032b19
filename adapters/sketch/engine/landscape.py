"""A landscape from its first layer to its last."""

from dataclasses import dataclass
from random import Random

from PIL import Image

from adapters.sketch.engine.composition import compose
from adapters.sketch.engine.countryside import draw_countryside
from adapters.sketch.engine.desert import draw_desert
from adapters.sketch.engine.finish import finish
from adapters.sketch.engine.palette import Palette, choose_palette
from adapters.sketch.engine.prompt_words import read_prompt
from adapters.sketch.engine.scene import Scene
from adapters.sketch.engine.shore import draw_shore
from adapters.sketch.engine.sky import draw_sky
from adapters.sketch.engine.subjects.placement import draw_birds, place
from adapters.sketch.engine.weather import draw_weather

MIN_SHORT_SIDE, MAX_UPSCALED_PIXELS, MAX_PIXELS = 320, 110_000, 1_700_000
"""A landscape is drawn with at least this shorter side, unless that takes more pixels than the
second number, and with at most this many pixels; then it is scaled to the wanted size."""
GROUNDS = {"water": draw_shore, "land": draw_countryside, "desert": draw_desert}


@dataclass(frozen=True, slots=True, kw_only=True)
class Landscape:
    """A finished image (RGB), a mask of its subjects (L), and its colors.

    `side` is 1 when the subject stands right of the middle, else -1.
    """

    image: Image.Image
    cover: Image.Image
    palette: Palette
    side: int


def draw_landscape(prompt: str, size: tuple[int, int], rng: Random) -> Landscape:
    """Draw an image of this size without a label."""
    scene = blank_scene(prompt, working_size(size), rng)
    draw_sky(scene)
    GROUNDS[scene.plan.ground](scene)
    _draw_things_in_the_air(scene)
    draw_weather(scene)
    return Landscape(
        image=finish(scene.canvas.resize(size, Image.Resampling.LANCZOS), rng),
        cover=scene.cover.resize(size, Image.Resampling.BILINEAR),
        palette=scene.palette,
        side=scene.plan.side,
    )


def blank_scene(prompt: str, size: tuple[int, int], rng: Random) -> Scene:
    """An empty canvas with a plan and a palette for the prompt."""
    hints = read_prompt(prompt)
    plan = compose(hints, rng)
    palette = choose_palette(hints, plan.time, plan.ground == "desert", rng)
    canvas = Image.new("RGB", size, palette.sky)
    return Scene(canvas, Image.new("L", size, 0), Image.new("L", size, 0), plan, palette, rng)


def working_size(size: tuple[int, int]) -> tuple[int, int]:
    """The size at which an image of this size is drawn."""
    width, height = size
    finer = min(MIN_SHORT_SIDE / min(size), (MAX_UPSCALED_PIXELS / (width * height)) ** 0.5)
    scale = min(max(1.0, finer), (MAX_PIXELS / (width * height)) ** 0.5)
    return (max(24, round(width * scale)), max(24, round(height * scale)))


def _draw_things_in_the_air(scene: Scene) -> None:
    width, height = scene.size
    plan, rng = scene.plan, scene.rng
    if "bird" in plan.scenery or (not plan.starry and rng.random() < 0.5):
        draw_birds(scene, rng.randint(4, 9))
    if "balloon" in plan.scenery:
        across, down = plan.subject, plan.horizon * height
        place(scene, "balloon", (across * width, down * 0.72), 1.15, 0.95)
        for _ in range(rng.randint(1, 3)):
            share = (1 - across) + rng.uniform(-0.2, 0.16)
            place(scene, "balloon", (share * width, down * rng.uniform(0.4, 0.8)), 0.34, 0.5)
