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
    for depth, max_height in ((0.15, 0.4), (0.5, 0.28), (0.9, 0.13)):
        towers = _row(scene, max_height * scene.unit, depth)

        def draw(pen: ImageDraw.ImageDraw, k: int, row: list[Tower] = towers) -> None:
            for tower in row:
                _outline(pen, k, tower, scene.horizon)

        mask = scene.silhouette(draw)
        wall = scene.palette.accents.get("city", (112, 112, 132))
        color = scene.palette.local(wall, depth)
        haze = mix(color, scene.palette.horizon, 0.6 - 0.4 * depth)
        top, base = scene.plan.horizon - max_height, scene.plan.horizon
        scene.fill(ramp([(0, color), (max(0.0, top), color), (base, haze)], scene.size), mask)
        scene.cover.paste(255, (0, 0), mask)
        _windows(scene, towers, depth)


def _row(scene: Scene, max_height: float, depth: float) -> list[Tower]:
    """Towers from the left to the right edge of the image, the highest near the subject."""
    rng, (canvas_width, _) = scene.rng, scene.size
    towers, left = [], -0.05 * canvas_width
    while left < canvas_width:
        width = scene.unit * rng.uniform(0.034, 0.075)
        near = 1 - min(1.0, abs(left / canvas_width - scene.plan.subject) * 1.7)
        height = max_height * (0.25 + 0.75 * near**1.3) * rng.uniform(0.5, 1.0)
        towers.append((left, left + width, height, rng.randrange(5)))
        left += width * rng.uniform(0.85, 1.5 - 0.4 * depth)
    return towers


def _outline(pen: ImageDraw.ImageDraw, k: int, tower: Tower, foot: int) -> None:
    left, right, height, roof = tower
    top, width = foot - height, right - left
    pen.rectangle((left * k, top * k, right * k, foot * k), fill=255)
    middle = (left + right) / 2
    if roof == 0:
        pen.rectangle(
            (
                (left + width * 0.2) * k,
                (top - width * 0.35) * k,
                (right - width * 0.2) * k,
                top * k,
            ),
            fill=255,
        )
    elif roof == 1:
        spire = [(middle - width * 0.12, top), (middle + width * 0.12, top), (middle, top - width)]
        pen.polygon([(x * k, y * k) for x, y in spire], fill=255)
    elif roof == 2:
        slope = [(left, top), (right, top), (right, top - width * 0.4)]
        pen.polygon([(x * k, y * k) for x, y in slope], fill=255)


def _windows(scene: Scene, towers: list[Tower], depth: float) -> None:
    rng, dark = scene.rng, scene.palette.dark
    pen = ImageDraw.Draw(scene.canvas)
    wall = scene.palette.local((130, 132, 150), depth)
    lamp = mix(wall, LAMP, (0.35 + 0.6 * dark) * (0.45 + 0.55 * depth))
    pane = mix(wall, scene.palette.horizon, 0.35)
    step = max(3.0, scene.unit / 110)
    for left, right, height, _ in towers:
        rows, columns = int((height - step) / step), int((right - left - step * 0.6) / step)
        inset = (right - left - columns * step) / 2
        for at in range(rows * columns):
            on = rng.random() < 0.18 + 0.3 * dark
            if not on and (dark > 0.2 or rng.random() < 0.4):
                continue  # at night, only lit windows are drawn
            x = left + inset + (at % columns) * step + step * 0.2
            y = scene.horizon - height + step * 0.8 + (at // columns) * step
            fill = lamp if on and dark > 0.1 else pane
            pen.rectangle((x, y, x + step * 0.45, y + step * 0.5), fill=fill)
