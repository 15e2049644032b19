"""Water: a reflection of everything above the horizon, with ripples and glitter."""

from math import sin

from PIL import Image, ImageDraw, ImageFilter

from adapters.sketch.engine.colors import fade, mix, ramp
from adapters.sketch.engine.scene import Scene


def draw_water(scene: Scene) -> None:
    """Cover everything below the horizon with water."""
    width = scene.size[0]
    top, water_height = scene.horizon, scene.size[1] - scene.horizon
    colors = scene.palette
    reach = min(top, round(water_height * 1.1))
    mirror = scene.canvas.crop((0, top - reach, width, top)).transpose(
        Image.Transpose.FLIP_TOP_BOTTOM
    )
    mirror = mirror.resize((width, water_height)).filter(ImageFilter.GaussianBlur(scene.unit / 500))
    shallow = mix(colors.water, colors.horizon, 0.35)
    low = mix(colors.water, colors.shadow, 0.25 + 0.3 * colors.dark)
    body = ramp([(0, shallow), (0.5, colors.water), (1, low)], mirror.size)
    mirror.paste(body, (0, 0), fade([(0, 0.12), (0.35, 0.3), (1, 0.78)], mirror.size))
    scene.canvas.paste(_ripple(scene, mirror), (0, top))
    _swell(scene)
    if scene.plan.disc:
        _glitter(scene)
    line = max(1, round(scene.unit / 400))
    shore = Image.new("RGB", (width, line), mix(colors.horizon, colors.sun, 0.3))
    scene.canvas.paste(shore, (0, top), Image.new("L", shore.size, 90))


def _ripple(scene: Scene, mirror: Image.Image) -> Image.Image:
    """Shift rows sideways and up and down, more so toward the viewer."""
    rng, (width, water_height) = scene.rng, mirror.size
    broken, drift = mirror.copy(), 0.0
    phase = rng.uniform(0, 6)
    for row in range(water_height):
        near = row / water_height
        drift = 0.75 * drift + rng.gauss(0, 1)
        aside = round(drift * scene.unit * (0.0006 + 0.0035 * near))
        wave = sin(phase + 46 * near**0.5) * water_height * 0.02 * near
        source = min(
            water_height - 1, max(0, round(row + wave + rng.gauss(0, 0.006) * water_height * near))
        )
        strip = mirror.crop((0, source, width, source + 1))
        broken.paste(strip, (0, row))
        broken.paste(strip, (aside, row))
    return broken


def _swell(scene: Scene) -> None:
    """Draw long, flat, dark and light strokes on the water."""
    colors = scene.palette
    dark = mix(colors.water, colors.shadow, 0.55)
    light = mix(colors.sky, colors.horizon, 0.5)
    for color, count, strength in ((dark, 150, 0.3), (light, 190, 0.3)):
        strokes = [_stroke(scene, scene.rng.random(), 1.0) for _ in range(count)]
        _draw_strokes(scene, color, strokes, strength)


def _glitter(scene: Scene) -> None:
    """Draw the path of light below sun or moon."""
    middle = scene.plan.sun[0]
    strokes = []
    for _ in range(520):
        near = scene.rng.random()
        spread = 0.016 + 0.075 * near
        strokes.append(_stroke(scene, middle + scene.rng.gauss(0, spread), 0.45, near))
    color = mix(scene.palette.sun, scene.palette.horizon, 0.2)
    _draw_strokes(scene, color, strokes, 0.62)


def _stroke(
    scene: Scene, share: float, length: float, near: float | None = None
) -> tuple[float, float, float, float]:
    """Center, half length and half thickness of a stroke on the water, in pixels."""
    width, height = scene.size
    near = scene.rng.random() if near is None else near
    down = scene.horizon + (height - scene.horizon) * near**1.7
    size = scene.unit * (0.006 + 0.06 * near**1.4) * scene.rng.uniform(0.4, 1.2)
    return (share * width, down, size * length, max(0.5, size * 0.05))


def _draw_strokes(
    scene: Scene,
    color: tuple[int, int, int],
    strokes: list[tuple[float, float, float, float]],
    strength: float,
) -> None:
    def draw(pen: ImageDraw.ImageDraw, k: int) -> None:
        for across, down, half_length, half_thickness in strokes:
            points = [
                (across - half_length, down),
                (across, down - half_thickness),
                (across + half_length, down),
            ]
            points.append((across + half_length * 0.1, down + half_thickness))
            pen.polygon([(x * k, y * k) for x, y in points], fill=round(255 * strength))

    scene.fill(color, scene.silhouette(draw))
