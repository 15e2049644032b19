"""A skyline as wide as the image, standing on the horizon."""

from PIL import ImageDraw

from adapters.sketch.engine.colors import mix, ramp
from adapters.sketch.engine.scene import Scene, glow
from adapters.sketch.engine.subjects.buildings import LAMP

Tower = tuple[float, float, float, int]
"""Left, right and height in pixels, and the kind of roof."""


def draw_skyline(scene: Scene) -> None:
    """Draw three rows of buildings, hazier with distance, the highest around the subject."""
    reach = round(0.75 * scene.unit)
    middle = (round(scene.plan.subject * scene.size[0]) - reach, scene.horizon - reach)
    scene.add_light(
        glow(reach, mix(LAMP, scene.palette.horizon, 0.4), 0.45 * scene.palette.dark), middle
    )
    for depth, tall in ((0.15, 0.4), (0.5, 0.28), (0.9, 0.13)):
        towers = _row(scene, tall * scene.unit, depth)

        def draw(pen: ImageDraw.ImageDraw, k: int, row: list[Tower] = towers) -> None:
            for tower in row:
                _outline(pen, k, tower, scene.horizon)

        mask = scene.silhouette(draw)
        wall = scene.palette.accents.get("city", (112, 112, 132))
        color = scene.palette.local(wall, depth)
        misty = mix(color, scene.palette.horizon, 0.6 - 0.4 * depth)
        top, base = scene.plan.horizon - tall, scene.plan.horizon
        scene.fill(ramp([(0, color), (max(0.0, top), color), (base, misty)], scene.size), mask)
        scene.cover.paste(255, (0, 0), mask)
        _windows(scene, towers, depth)


def _row(scene: Scene, tall: float, depth: float) -> list[Tower]:
    rng, (width, _) = scene.rng, scene.size
    towers, left = [], -0.05 * width
    while left < width:
        wide = scene.unit * rng.uniform(0.034, 0.075)
        near = 1 - min(1.0, abs(left / width - scene.plan.subject) * 1.7)
        high = tall * (0.25 + 0.75 * near**1.3) * rng.uniform(0.5, 1.0)
        towers.append((left, left + wide, high, rng.randrange(5)))
        left += wide * rng.uniform(0.85, 1.5 - 0.4 * depth)
    return towers


def _outline(pen: ImageDraw.ImageDraw, k: int, tower: Tower, foot: int) -> None:
    left, right, high, kind = tower
    top, wide = foot - high, right - left
    pen.rectangle((left * k, top * k, right * k, foot * k), fill=255)
    middle = (left + right) / 2
    if kind == 0:
        pen.rectangle(
            ((left + wide * 0.2) * k, (top - wide * 0.35) * k, (right - wide * 0.2) * k, top * k),
            fill=255,
        )
    elif kind == 1:
        spire = [(middle - wide * 0.12, top), (middle + wide * 0.12, top), (middle, top - wide)]
        pen.polygon([(x * k, y * k) for x, y in spire], fill=255)
    elif kind == 2:
        roof = [(left, top), (right, top), (right, top - wide * 0.4)]
        pen.polygon([(x * k, y * k) for x, y in roof], fill=255)


def _windows(scene: Scene, towers: list[Tower], depth: float) -> None:
    rng, dark = scene.rng, scene.palette.dark
    pen = ImageDraw.Draw(scene.canvas)
    wall = scene.palette.local((130, 132, 150), depth)
    lamp = mix(wall, LAMP, (0.35 + 0.6 * dark) * (0.45 + 0.55 * depth))
    pane = mix(wall, scene.palette.horizon, 0.35)
    step = max(3.0, scene.unit / 110)
    for left, right, high, _ in towers:
        rows, columns = int((high - step) / step), int((right - left - step * 0.6) / step)
        inset = (right - left - columns * step) / 2
        for at in range(rows * columns):
            on = rng.random() < 0.18 + 0.3 * dark
            if (not on and dark > 0.2) or (not on and rng.random() < 0.4):
                continue
            x = left + inset + (at % columns) * step + step * 0.2
            y = scene.horizon - high + step * 0.8 + (at // columns) * step
            fill = lamp if on and dark > 0.1 else pane
            pen.rectangle((x, y, x + step * 0.45, y + step * 0.5), fill=fill)
