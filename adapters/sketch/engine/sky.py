"""The sky: gradient, light, clouds, stars, sun and moon."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from adapters.sketch.engine.colors import mix, ramp
from adapters.sketch.engine.noise import fractal, smooth_step
from adapters.sketch.engine.scene import Scene, glow

CLOUD_SCALE = 2
"""Clouds are drawn this many times smaller: they have no sharp edges."""


def draw_sky(scene: Scene) -> None:
    """Fill the whole canvas; the ground is drawn over it."""
    colors, plan = scene.palette, scene.plan
    depth = plan.horizon
    scene.canvas.paste(
        ramp(
            [(0, colors.zenith), (depth * 0.55, colors.sky), (depth * 1.02, colors.horizon)],
            scene.size,
        )
    )
    if plan.starry and plan.disc:
        _stars(scene)
    if plan.disc:
        _light(scene)
    _clouds(scene)


def _light(scene: Scene) -> None:
    colors, unit = scene.palette, scene.unit
    across, down = scene.sun
    moon = scene.plan.moon
    halo = mix(colors.sun, colors.horizon, 0.5)
    for radius, strength in ((0.95, 0.32 if moon else 0.42), (0.3, 0.3 if moon else 0.5)):
        reach = round(unit * radius)
        scene.add_light(glow(reach, halo, strength), (across - reach, down - reach))


def draw_sun_or_moon(scene: Scene) -> None:
    """Draw the disc of sun or moon, crisp, behind the land."""
    if not scene.plan.disc or scene.plan.clouds == "heaps":
        return
    moon = scene.plan.moon
    across, down = scene.sun
    size = scene.unit * (0.046 if moon else 0.052)
    disc = scene.silhouette(lambda pen, k: pen.ellipse(_circle(across, down, size, k), fill=255))
    disc = ImageChops.subtract(disc, scene.land)
    scene.fill(mix(scene.palette.sun, (255, 255, 255), 0.35), disc)
    if moon:
        _maria(scene, disc)


def _maria(scene: Scene, disc: Image.Image) -> None:
    """Draw the gray seas of the moon."""
    small = fractal(scene.rng, (128, 128), (24, 24), octaves=2)
    seas = smooth_step(small.resize(scene.size, Image.Resampling.BICUBIC), 0.5, 0.75, 0.4)
    scene.fill(mix(scene.palette.sun, scene.palette.sky, 0.45), ImageChops.multiply(disc, seas))


def _circle(across: float, down: float, radius: float, k: int) -> tuple[float, ...]:
    return tuple(
        k * value for value in (across - radius, down - radius, across + radius, down + radius)
    )


def _stars(scene: Scene) -> None:
    width, height = scene.size
    rng, light = scene.rng, Image.new("L", scene.size, 0)
    pen = ImageDraw.Draw(light)
    for _ in range(round(420 * (width * height) ** 0.5 / 1024) + 60):
        across, down = rng.random() * width, rng.random() ** 1.4 * scene.horizon
        bright = rng.random() ** 3
        radius = scene.unit * (0.0006 + 0.0016 * bright)
        pen.ellipse(_circle(across, down, radius, 1), fill=round(70 + 185 * bright))
    halo = light.filter(ImageFilter.GaussianBlur(scene.unit / 300)).point(lambda v: min(255, v * 2))
    scene.fill(mix(scene.palette.sun, (255, 255, 255), 0.6), ImageChops.lighter(light, halo))


def _clouds(scene: Scene) -> None:
    kind = scene.plan.clouds
    if kind == "heaps":
        _heaps(scene)
    elif kind == "overcast":
        _veil(scene, cells=(3, 6), low=0.3, high=0.72, top=0.85)
    else:
        few = kind == "few"
        _veil(scene, cells=(2, 12), low=0.62 if few else 0.5, high=0.9, top=0.5 if few else 0.8)


def _veil(scene: Scene, cells: tuple[int, int], low: float, high: float, top: float) -> None:
    """Draw streaks and sheets, lit from the sun's side and fading out toward the zenith."""
    colors, width = scene.palette, scene.size[0]
    small = (max(8, width // CLOUD_SCALE), max(8, scene.horizon // CLOUD_SCALE))
    noise = fractal(scene.rng, small, cells)
    body = smooth_step(noise, low, high, top)
    lit = ImageChops.subtract(body, ImageChops.offset(body, 0, -max(1, small[1] // 40)))
    upper = mix(colors.sky, mix(colors.zenith, (255, 255, 255), 0.25), 0.5)
    lower = mix(colors.horizon, colors.sun, 0.4)
    layer = ramp([(0, upper), (0.85, mix(upper, lower, 0.75)), (1, lower)], small)
    layer.paste(mix(colors.sun, colors.horizon, 0.35), (0, 0), lit.point(lambda v: min(255, v * 3)))
    big = (width, scene.horizon)
    scene.canvas.paste(layer.resize(big), (0, 0), body.resize(big, Image.Resampling.BICUBIC))


def _heaps(scene: Scene) -> None:
    """Draw fair-weather clouds with soft, flat bases, larger when higher up."""
    colors, rng = scene.palette, scene.rng
    small = (max(8, scene.size[0] // CLOUD_SCALE), max(8, scene.horizon // CLOUD_SCALE))
    body, light = Image.new("L", small, 0), Image.new("L", small, 0)
    slots = rng.randint(3, 4)
    for slot in range(slots):
        down = rng.uniform(0.3, 0.84)
        reach = min(small) * (0.5 - 0.38 * down) * rng.uniform(0.75, 1.15)
        foot = ((slot + rng.uniform(0.1, 0.9)) / slots * small[0], down * small[1])
        _heap(scene, (body, light), foot, reach)
    noise = fractal(rng, small, (7, 9))
    rough = scene.unit / CLOUD_SCALE / 90
    body = Image.blend(body.filter(ImageFilter.GaussianBlur(rough)), noise, 0.34)
    light = Image.blend(light.filter(ImageFilter.GaussianBlur(rough * 1.6)), noise, 0.42)
    layer = Image.new("RGB", small, mix(colors.sky, mix(colors.far, colors.horizon, 0.5), 0.55))
    layer.paste(mix(colors.horizon, (255, 255, 255), 0.35), (0, 0), smooth_step(light, 0.2, 0.6))
    layer.paste(mix(colors.sun, (255, 255, 255), 0.6), (0, 0), smooth_step(light, 0.5, 0.85))
    big = (scene.size[0], scene.horizon)
    mask = smooth_step(body, 0.42, 0.66, 0.94).resize(big, Image.Resampling.BICUBIC)
    scene.canvas.paste(layer.resize(big, Image.Resampling.BICUBIC), (0, 0), mask)


def _heap(
    scene: Scene, masks: tuple[Image.Image, Image.Image], foot: tuple[float, float], reach: float
) -> None:
    """Draw one cloud's body, and its sunlit parts, into the two masks."""
    toward_sun = -1 if scene.sun[0] < foot[0] * CLOUD_SCALE else 1
    pens = [ImageDraw.Draw(mask) for mask in masks]
    for _ in range(34):
        across, down, radius = _puff(scene.rng, foot, reach)
        pens[0].ellipse(_circle(across, down, radius, 1), fill=255)
        high = (across + toward_sun * radius * 0.25, down - radius * 0.3)
        pens[1].ellipse(
            _circle(*high, radius * 0.72, 1), fill=round(150 + 105 * scene.rng.random())
        )
    flat = (0, foot[1] + reach * 0.02, masks[0].width, foot[1] + reach)
    for pen in pens:
        pen.rectangle(flat, fill=0)


def _puff(rng: Random, foot: tuple[float, float], reach: float) -> tuple[float, float, float]:
    lean = max(-1.0, min(1.0, rng.gauss(0, 0.45)))
    radius = reach * (0.08 + 0.24 * (1 - abs(lean)) * rng.uniform(0.4, 1.0))
    high = radius * rng.uniform(0.0, 1.0) + reach * 0.16 * (1 - abs(lean)) * rng.random()
    return (foot[0] + lean * reach * 1.6, foot[1] - high, radius)
