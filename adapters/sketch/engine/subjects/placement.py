"""Places subjects into the scene: their size, depth, mirroring and shadow."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

from adapters.sketch.engine.colors import mix
from adapters.sketch.engine.scene import Scene, glow
from adapters.sketch.engine.subjects.buildings import LAMP, castle, house, lighthouse, windmill
from adapters.sketch.engine.subjects.pen import Lighting, Pen
from adapters.sketch.engine.subjects.plants_and_animals import cactus, cat, pine, tree
from adapters.sketch.engine.subjects.vehicles import balloon, boat


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject: the function that draws it, and its size.

    `half_width` is a share of its height, and `height` a multiple of `Scene.unit`.
    """

    draw: Callable[[Pen, Lighting], None]
    half_width: float
    height: float


SUBJECTS = {
    "lighthouse": Subject(lighthouse, 0.4, 0.36),
    "castle": Subject(castle, 0.68, 0.3),
    "windmill": Subject(windmill, 0.6, 0.27),
    "house": Subject(house, 0.75, 0.13),
    "village": Subject(house, 0.75, 0.1),
    "tree": Subject(tree, 0.5, 0.36),
    "pine": Subject(pine, 0.3, 0.3),
    "cat": Subject(cat, 0.62, 0.27),
    "cactus": Subject(cactus, 0.35, 0.17),
    "boat": Subject(boat, 0.5, 0.19),
    "balloon": Subject(balloon, 0.42, 0.27),
}


FLOATING = ("boat", "balloon")


def place(
    scene: Scene, name: str, foot: tuple[float, float], scale: float = 1.0, depth: float = 0.9
) -> Image.Image:
    """Draw a subject with its foot at this pixel; return the drawing (RGBA)."""
    subject = SUBJECTS[name]
    pen = Pen(subject.height * scale * scene.unit, subject.half_width)
    subject.draw(pen, Lighting(palette=scene.palette, depth=depth, rng=scene.rng))
    stamp = pen.stamp()
    turned = scene.plan.side > 0
    if turned:
        stamp = stamp.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if name not in FLOATING:
        _cast_shadow(scene, foot, pen.height * min(0.4, subject.half_width * 0.7))
    scene.add_subject(stamp, (round(foot[0] - stamp.width / 2), round(foot[1] - stamp.height)))
    for (x, y), radius in pen.lamps:
        reach = max(2, round(radius * pen.height))
        middle = foot[0] + (-x if turned else x) * pen.height, foot[1] - y * pen.height
        light = glow(reach, LAMP, 0.35 + 0.35 * scene.palette.dark)
        scene.add_light(light, (round(middle[0] - reach), round(middle[1] - reach)))
    return stamp


def place_afloat(
    scene: Scene, name: str, foot: tuple[float, float], scale: float, depth: float
) -> None:
    """Like `place`, with a reflection in the water below."""
    stamp = place(scene, name, foot, scale, depth)
    mirror = stamp.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    mirror = mirror.resize((mirror.width, max(1, round(mirror.height * 0.7))))
    mirror = mirror.filter(ImageFilter.GaussianBlur(max(0.5, stamp.height / 90)))
    rows = Image.new("L", mirror.size, 0)
    for row in range(mirror.height):
        aside = round(scene.rng.gauss(0, 0.012) * stamp.width)
        strip = mirror.getchannel("A").crop((0, row, mirror.width, row + 1))
        rows.paste(strip.point(_scale_alpha(0.55 * (1 - row / mirror.height))), (aside, row))
    tinted = Image.blend(
        mirror.convert("RGB"), Image.new("RGB", mirror.size, scene.palette.water), 0.35
    )
    at = (round(foot[0] - mirror.width / 2), round(foot[1] - stamp.height * 0.012))
    scene.canvas.paste(tinted, at, rows)


def _cast_shadow(scene: Scene, foot: tuple[float, float], half_width: float) -> None:
    """Draw the soft shadow of a subject on the ground."""
    x, y = foot
    box = (x - half_width, y - half_width * 0.14, x + half_width, y + half_width * 0.14)
    mask = Image.new("L", scene.size, 0)
    ImageDraw.Draw(mask).ellipse(box, fill=130)
    soft = mask.filter(ImageFilter.GaussianBlur(max(0.5, half_width / 9)))
    scene.fill(scene.palette.shadow, soft)


def draw_birds(scene: Scene, count: int) -> None:
    """Draw a small flock beside the subject, each bird two curved wings."""
    rng, unit = scene.rng, scene.unit
    width, height = scene.size
    away = scene.plan.subject - scene.plan.side * 0.27
    middle = (away * width, height * scene.plan.horizon * rng.uniform(0.3, 0.5))
    color = mix(scene.palette.shadow, scene.palette.far, 0.15)
    birds = [
        (
            middle[0] + rng.gauss(0, 0.09) * unit,
            middle[1] + rng.gauss(0, 0.045) * unit,
            unit * rng.uniform(0.008, 0.02),
            rng.uniform(0.25, 0.7),
        )
        for _ in range(count)
    ]

    def draw(pen: ImageDraw.ImageDraw, k: int) -> None:
        for x, y, span, lift in birds:
            for side in (-1, 1):
                wing = [(0, 0), (0.5, -lift), (1.0, -lift * 0.55), (0.5, -lift * 0.72), (0, 0.18)]
                points = [((x + side * a * span) * k, (y + b * span) * k) for a, b in wing]
                pen.polygon(points, fill=235)

    scene.fill(color, scene.silhouette(draw))


def _scale_alpha(share: float) -> list[int]:
    return [round(gray * share) for gray in range(256)]
