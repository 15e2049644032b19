"""A subject on a patch of ground, with nothing around it."""

from dataclasses import replace
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from adapters.sketch.colors import mix, ramp
from adapters.sketch.finish import canvas_texture, letter, lettering
from adapters.sketch.noise import fractal, smooth_step
from adapters.sketch.painting import primed, scaled_size
from adapters.sketch.scene import Scene
from adapters.sketch.strokes import brushed
from adapters.sketch.subjects.placing import SUBJECTS, place

INSTEAD = {
    "city": "house",
    "desert": "cactus",
    "forest": "pine",
    "island": "tree",
    "mountain": "pine",
}
"""What stands for scenery that is too wide for a patch."""
MIDDLE, TALL = 0.76, 0.6
"""How far down the patch lies, and how high the subject is, as shares of the shorter side."""


def paint_cutout(prompt: str, size: tuple[int, int], rng: Random) -> Image.Image:
    """A picture (RGBA) of this size whose corners are transparent, without lettering."""
    scene = primed(prompt, scaled_size(size), rng)
    name = _subject(scene)
    scene.plan = replace(scene.plan, subject=0.5, horizon=MIDDLE)
    foot = (scene.size[0] / 2, _foot(scene.size))
    patch = _paint_patch(scene, wet=scene.plan.ground == "water" and name == "boat")
    for share in (-0.27, 0.25, -0.19):
        if name in ("pine", "house", "castle", "lighthouse"):
            at = (foot[0] + share * scene.unit, foot[1] + rng.uniform(-0.03, 0.0) * scene.unit)
            place(scene, "pine" if name != "lighthouse" else "tree", at, rng.uniform(0.4, 0.7))
    rise = 0.12 * scene.unit if name == "balloon" else 0.0
    place(scene, name, (foot[0], foot[1] - rise), TALL / SUBJECTS[name].tall * _share(name))
    alpha = ImageChops.lighter(patch, scene.cover)
    weave = Image.merge("RGB", (canvas_texture(scene.size, rng),) * 3)
    picture = ImageChops.overlay(scene.canvas, weave)
    picture.putalpha(alpha)
    return picture.resize(size, Image.Resampling.LANCZOS)


def letter_patch(picture: Image.Image) -> None:
    """Write on the patch of a cutout, below its subject."""
    words = lettering(picture.size)
    down = _foot(picture.size) + 0.062 * min(picture.size)
    letter(picture, (max(0, (picture.width - words.width) // 2), round(down)), words)


def _foot(size: tuple[int, int]) -> float:
    return size[1] / 2 + (MIDDLE - 0.5) * min(size)


def _share(name: str) -> float:
    """Wide subjects stay inside the picture."""
    return min(1.0, 0.62 / SUBJECTS[name].half)


def _subject(scene: Scene) -> str:
    scenery = scene.plan.scenery
    for name in (*scene.plan.standing, "balloon", "boat"):
        if name in scenery and name in SUBJECTS:
            return name
    stand_ins = sorted(INSTEAD[name] for name in scenery if name in INSTEAD)
    return stand_ins[0] if stand_ins else "boat" if scene.plan.ground == "water" else "tree"


def _paint_patch(scene: Scene, wet: bool) -> Image.Image:
    """Paint the whole canvas as ground or water; return the patch's mask, torn at its edge."""
    colors, (width, height) = scene.palette, scene.size
    color = colors.water if wet else colors.local(colors.ground, 0.95)
    top, unit = _foot(scene.size), scene.unit
    light, dark = mix(color, colors.horizon, 0.4), mix(color, colors.shadow, 0.4)
    start, end = (top - unit * 0.1) / height, min(0.999, (top + unit * 0.12) / height)
    scene.canvas.paste(ramp([(0, light), (start, light), (end, dark), (1, dark)], scene.size))
    scene.canvas = brushed(scene.canvas, scene.rng, unit / 14, 2.2, jitter=12)
    shape = Image.new("L", scene.size, 0)
    middle, half, flat = width / 2, unit * 0.4, unit * 0.105
    box = (middle - half, top + unit * 0.02 - flat, middle + half, top + unit * 0.02 + flat)
    ImageDraw.Draw(shape).ellipse(box, fill=255)
    soft = shape.filter(ImageFilter.GaussianBlur(unit / 36))
    noise = fractal(scene.rng, (256, 256), (14, 40), octaves=3).resize(scene.size)
    torn = smooth_step(Image.blend(soft, noise, 0.3), 0.5, 0.58)
    near = soft.point(lambda v: 255 if v > 12 else 0)
    return ImageChops.multiply(torn, near)
