"""Ridges: their crests, slopes, snow and shadows."""

import itertools
from collections.abc import Sequence
from random import Random

from PIL import Image, ImageChops, ImageFilter

from adapters.sketch.engine.colors import fade, mix, ramp
from adapters.sketch.engine.noise import fractal, smooth_step
from adapters.sketch.engine.scene import Scene

Profile = Sequence[float]
"""Heights of a crest from left to right at equal steps, in pixels from the canvas's top."""
Point = tuple[float, float]
STEPS = 256


def crest(rng: Random, middle: float, swing: float, roughness: float, start: int = 2) -> Profile:
    """A crest by midpoint displacement, at most about `swing` pixels from `middle`."""
    points = [middle + rng.uniform(-swing, swing) for _ in range(start + 1)]
    return _displace(rng, points, swing * 0.7, roughness)


def _displace(rng: Random, points: list[float], reach: float, roughness: float) -> Profile:
    while len(points) < STEPS:
        between = [(a + b) / 2 + rng.uniform(-reach, reach) for a, b in itertools.pairwise(points)]
        points = [p for pair in zip(points, between, strict=False) for p in pair] + [points[-1]]
        reach *= roughness
    return points


def peaks(rng: Random, middle: float, swing: float, count: int) -> Profile:
    """A mountain range: `count` summits with saddles between them."""
    points = []
    for at in range(2 * count + 1):
        high = rng.uniform(0.2, 1.0) if at % 2 else -rng.uniform(0.3, 0.9)
        points.append(middle - swing * high)
    return _displace(rng, points, swing * 0.36, 0.52)


def height_at(profile: Profile, share: float) -> float:
    """The crest's height at this share of the width."""
    return profile[round(min(1.0, max(0.0, share)) * (len(profile) - 1))]


def under_crest(scene: Scene, profile: Profile, foot: float) -> Image.Image:
    """Mask of everything between the crest and `foot` (pixels from the top)."""
    step = scene.size[0] / (len(profile) - 1)
    points = [(at * step, down) for at, down in enumerate(profile)]
    outline = [(-9.0, points[0][1]), *points, (scene.size[0] + 9.0, points[-1][1])]
    outline += [(scene.size[0] + 9.0, foot), (-9.0, foot)]
    return scene.silhouette(
        lambda pen, k: pen.polygon([(x * k, min(y, foot) * k) for x, y in outline], fill=255)
    )


def draw_ridge(scene: Scene, profile: Profile, foot: float, depth: float, rocky: bool) -> None:
    """Draw a ridge, clear at its crest and hazy at its foot; `depth` 0 is far away and 1 near."""
    colors = scene.palette
    bare = mix(colors.ground, (112, 108, 126), 0.7) if rocky else colors.ground
    top = colors.local(bare, depth * (0.85 if rocky else 1.0))
    haze = mix(top, mix(colors.far, colors.horizon, 0.55), 0.8 - 0.6 * depth)
    mask = under_crest(scene, profile, foot)
    scene.land.paste(255, (0, 0), mask)
    start, end = min(profile) / scene.size[1], max(foot, 1) / scene.size[1]
    layer = ramp([(0, top), (start, top), (end, haze)], scene.size)
    scene.fill(_relief(scene, layer, depth, rocky), mask)
    if rocky:
        _snow(scene, profile, mask, depth)
        _shade_slopes(scene, profile, mask, foot, depth)


def _relief(scene: Scene, layer: Image.Image, depth: float, rocky: bool) -> Image.Image:
    """Add light faces toward the sun and dark faces away from it."""
    width, height = scene.size
    shift = max(1, scene.unit // 240)
    small = (max(16, width // 2), max(16, height // 2))
    grain = (9, 7) if rocky else (3, 12)
    noise = fractal(scene.rng, (small[0] + 2 * shift, small[1] + 2 * shift), grain, octaves=4)
    here = noise.crop((shift, shift, shift + small[0], shift + small[1]))
    left = shift - shift * scene.plan.side
    sunward = noise.crop((left, 0, left + small[0], small[1]))
    faces = ImageChops.subtract(here, sunward, 0.5, 128)
    faces = faces.filter(ImageFilter.GaussianBlur(1)).resize(scene.size)
    light = smooth_step(faces, 0.52, 0.9, (0.5 if rocky else 0.34) * (0.35 + 0.65 * depth))
    dark = smooth_step(ImageChops.invert(faces), 0.52, 0.9, 0.5 * (0.3 + 0.7 * depth))
    shade = mix(scene.palette.local(scene.palette.ground, depth), scene.palette.shadow, 0.5)
    layer.paste(mix(scene.palette.far, shade, 0.4 + 0.6 * depth), (0, 0), dark)
    layer.paste(mix(scene.palette.horizon, scene.palette.ambient, 0.4), (0, 0), light)
    return layer


def _snow(scene: Scene, profile: Profile, mask: Image.Image, depth: float) -> None:
    """Draw caps that follow the crest and have a rough lower edge."""
    top, low = min(profile), max(profile)
    thick = (low - top) * (0.55 if scene.plan.winter else 0.26) + 1
    rng = scene.rng
    hem = crest(rng, 0, 0.4 * thick, 0.62, start=12)
    line = [
        top + thick + 0.5 * (down - top) + hem[at * len(hem) // len(profile)]
        for at, down in enumerate(profile)
    ]
    cap = ImageChops.subtract(mask, under_crest(scene, line, scene.size[1]))
    small = fractal(rng, (160, 160), (12, 9), octaves=3)
    torn = smooth_step(small.resize(scene.size, Image.Resampling.BICUBIC), 0.25, 0.5, 0.9)
    white = mix(scene.palette.local((250, 250, 252), 0.5 + 0.4 * depth), scene.palette.sun, 0.4)
    scene.fill(mix(white, scene.palette.horizon, 0.2), ImageChops.multiply(cap, torn))


def _shade_slopes(
    scene: Scene, profile: Profile, mask: Image.Image, foot: float, depth: float
) -> None:
    """Darken the slopes that face away from the light, below every summit."""
    side, reach = scene.plan.side, 14
    shades = Image.new("L", scene.size, 0)
    for at in range(reach, len(profile) - reach):
        if profile[at] == min(profile[at - reach : at + reach + 1]):
            edge = spur(scene, profile, at, foot, wander=0.16)
            beyond = at + side * reach * 6
            shades.paste(255, (0, 0), shaded_side(scene, profile, at, edge, beyond))
    soft = ImageChops.multiply(mask, shades)
    level = fade(
        [(0, 0.5), (min(profile) / scene.size[1], 0.5), (foot / scene.size[1], 0)], soft.size
    )
    color = scene.palette.local(mix(scene.palette.shadow, scene.palette.zenith, 0.4), 0.3 + depth)
    scene.fill(color, ImageChops.multiply(soft, level))


def spur(scene: Scene, profile: Profile, at: int, foot: float, wander: float) -> list[Point]:
    """The edge that runs from a summit down to `foot`, between the light and the dark side."""
    step = scene.size[0] / (len(profile) - 1)
    high, lean = foot - profile[at], scene.rng.uniform(0.05, 0.35) * scene.plan.side
    edge = [(at * step, profile[at])]
    for part in range(1, 9):
        share = part / 8
        aside = high * (lean * share + wander * scene.rng.uniform(-1, 1) * share**0.5)
        edge.append((at * step + aside, profile[at] + high * share))
    return edge


def shaded_side(
    scene: Scene, profile: Profile, at: int, edge: list[Point], beyond: int
) -> Image.Image:
    """Mask of the area between the edge and the crest on the side away from the sun."""
    step, last = scene.size[0] / (len(profile) - 1), len(profile) - 1
    end = min(last, max(0, beyond))
    ridge = [(x * step, profile[x]) for x in range(at, end, scene.plan.side)]
    outline = [*ridge, (end * step, edge[-1][1]), *reversed(edge)]
    return scene.silhouette(
        lambda pen, k: pen.polygon([(x * k, y * k) for x, y in outline], fill=255)
    )
