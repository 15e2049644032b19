"""A subject on a patch of ground, with transparency around it."""

from dataclasses import replace
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from adapters.sketch.engine.brush_strokes import brush
from adapters.sketch.engine.colors import mix, ramp
from adapters.sketch.engine.finish import canvas_texture, label_mask, write_label
from adapters.sketch.engine.landscape import blank_scene, working_size
from adapters.sketch.engine.noise import fractal, smooth_step
from adapters.sketch.engine.scene import Scene
from adapters.sketch.engine.subjects.placement import SUBJECTS, place

STAND_INS = {
    "city": "house",
    "desert": "cactus",
    "forest": "pine",
    "island": "tree",
    "mountain": "pine",
}
"""Subjects drawn in place of scenery that is too wide for a patch."""
MIDDLE, HEIGHT = 0.76, 0.6
"""The patch's position from the top and the subject's height, as shares of the shorter side."""


def draw_cutout(prompt: str, size: tuple[int, int], rng: Random) -> Image.Image:
    """Draw an image (RGBA) of this size with transparent corners and no label."""
    scene = blank_scene(prompt, working_size(size), rng)
    name = _subject_name(scene)
    scene.plan = replace(scene.plan, subject=0.5, horizon=MIDDLE)
    foot = (scene.size[0] / 2, _foot(scene.size))
    patch = _draw_patch(scene, wet=scene.plan.ground == "water" and name == "boat")
    for share in (-0.27, 0.25, -0.19):
        if name in ("pine", "house", "castle", "lighthouse"):
            at = (foot[0] + share * scene.unit, foot[1] + rng.uniform(-0.03, 0.0) * scene.unit)
            place(scene, "pine" if name != "lighthouse" else "tree", at, rng.uniform(0.4, 0.7))
    rise = 0.12 * scene.unit if name == "balloon" else 0.0
    place(scene, name, (foot[0], foot[1] - rise), HEIGHT / SUBJECTS[name].height * _max_scale(name))
    alpha = ImageChops.lighter(patch, scene.cover)
    weave = Image.merge("RGB", (canvas_texture(scene.size, rng),) * 3)
    image = ImageChops.overlay(scene.canvas, weave)
    image.putalpha(alpha)
    return image.resize(size, Image.Resampling.LANCZOS)


def write_label_below(image: Image.Image) -> None:
    """Write the label on the patch of a cutout, below its subject."""
    words = label_mask(image.size)
    down = _foot(image.size) + 0.062 * min(image.size)
    write_label(image, (max(0, (image.width - words.width) // 2), round(down)), words)


def _foot(size: tuple[int, int]) -> float:
    return size[1] / 2 + (MIDDLE - 0.5) * min(size)


def _max_scale(name: str) -> float:
    """The scale at which a wide subject stays inside the image."""
    return min(1.0, 0.62 / SUBJECTS[name].half_width)


def _subject_name(scene: Scene) -> str:
    scenery = scene.plan.scenery
    for name in (*scene.plan.standing, "balloon", "boat"):
        if name in scenery and name in SUBJECTS:
            return name
    stand_ins = sorted(STAND_INS[name] for name in scenery if name in STAND_INS)
    return stand_ins[0] if stand_ins else "boat" if scene.plan.ground == "water" else "tree"


def _draw_patch(scene: Scene, wet: bool) -> Image.Image:
    """Cover the canvas with ground or water; return the patch's mask, rough at its edge."""
    colors, (width, height) = scene.palette, scene.size
    color = colors.water if wet else colors.local(colors.ground, 0.95)
    top, unit = _foot(scene.size), scene.unit
    light, dark = mix(color, colors.horizon, 0.4), mix(color, colors.shadow, 0.4)
    start, end = (top - unit * 0.1) / height, min(0.999, (top + unit * 0.12) / height)
    scene.canvas.paste(ramp([(0, light), (start, light), (end, dark), (1, dark)], scene.size))
    scene.canvas = brush(scene.canvas, scene.rng, unit / 14, 2.2, jitter=12)
    shape = Image.new("L", scene.size, 0)
    middle, half, flat = width / 2, unit * 0.4, unit * 0.105
    box = (middle - half, top + unit * 0.02 - flat, middle + half, top + unit * 0.02 + flat)
    ImageDraw.Draw(shape).ellipse(box, fill=255)
    soft = shape.filter(ImageFilter.GaussianBlur(unit / 36))
    noise = fractal(scene.rng, (256, 256), (14, 40), octaves=3).resize(scene.size)
    torn = smooth_step(Image.blend(soft, noise, 0.3), 0.5, 0.58)
    near = soft.point(lambda v: 255 if v > 12 else 0)
    return ImageChops.multiply(torn, near)
