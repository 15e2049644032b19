"""Dunes: a lit slope, a dark slope, and the winding edge between them."""

from math import exp, pi, sin

from PIL import ImageChops, ImageDraw, ImageFilter

from adapters.sketch.engine.colors import lit_by, mix, ramp
from adapters.sketch.engine.scene import Scene
from adapters.sketch.engine.terrain import Point, Profile, shaded_side, under_crest

STEPS = 200


def draw_dune(scene: Scene, middle: float, rise: float, peak: float, depth: float) -> None:
    """Draw a dune across the whole width; `depth` 0 is far away and 1 near.

    Its summit is at the share `peak` of the width, about `rise` pixels above `middle`, which is in
    pixels from the top.
    """
    colors, height = scene.palette, scene.size[1]
    profile = _crest(scene, middle, rise, peak)
    sand = lit_by(colors.ground, mix(colors.ambient, (255, 255, 255), 0.25))
    lit = mix(mix(sand, colors.horizon, 0.3), colors.far, 0.55 * (1 - depth))
    dark = mix(mix(sand, colors.shadow, 0.62), colors.far, 0.6 * (1 - depth))
    mask = under_crest(scene, profile, height)
    scene.land.paste(255, (0, 0), mask)
    top = max(0.0, min(profile) / height)
    scene.fill(ramp([(0, lit), (top, lit), (1, mix(lit, dark, 0.4))], scene.size), mask)
    summit = min(range(len(profile)), key=lambda at: profile[at])
    end = len(profile) if scene.plan.side > 0 else -1
    edge = _winding_edge(scene, profile, summit, rise)
    shade = shaded_side(scene, profile, summit, edge, end)
    soft = ImageChops.multiply(mask, shade.filter(ImageFilter.GaussianBlur(scene.unit / 500)))
    scene.fill(ramp([(0, dark), (top, dark), (1, mix(dark, lit, 0.5))], scene.size), soft)
    if depth > 0.5:
        _ripples(scene, profile, mix(lit, dark, 0.3))


def _crest(scene: Scene, middle: float, rise: float, peak: float) -> Profile:
    """A sharp summit on a long swell."""
    phase, profile = scene.rng.uniform(0, 2 * pi), []
    spread = scene.unit / scene.size[0] * 0.42
    for at in range(STEPS):
        share = at / (STEPS - 1)
        swell = sin(phase + share * 5) * 0.22
        profile.append(middle - rise * (exp(-abs(share - peak) / spread * 1.5) + swell))
    return profile


def _winding_edge(scene: Scene, profile: Profile, summit: int, rise: float) -> list[Point]:
    """The edge between the two slopes, in bends from the summit to below the canvas."""
    width, height = scene.size
    start = (summit / (STEPS - 1) * width, profile[summit])
    drop, turn = height * 1.05 - start[1], scene.rng.uniform(0.7, 1.1)
    edge = []
    for part in range(41):
        share = part / 40
        bend = sin(share * pi * 1.9) * turn * rise * 0.55 + share * rise * 1.6
        edge.append((start[0] + scene.plan.side * bend, start[1] + drop * share))
    return edge


def _ripples(scene: Scene, profile: Profile, color: tuple[int, int, int]) -> None:
    """Draw the fine lines that wind makes in sand."""
    rng, (width, height) = scene.rng, scene.size
    low = max(profile)

    def draw(pen: ImageDraw.ImageDraw, k: int) -> None:
        for _ in range(46):
            near = rng.random()
            x, y = rng.random() * width, low + (height - low) * near
            reach, phase = scene.unit * rng.uniform(0.1, 0.3), rng.uniform(0, 6)
            points = []
            for part in range(13):
                along = part / 12 - 0.5
                wave = sin(phase + part) * scene.unit * 0.0025 - along * scene.unit * 0.03
                points.append(((x + along * reach) * k, (y + wave) * k))
            pen.line(points, fill=round(50 + 60 * near), width=max(1, scene.unit * k // 700))

    scene.fill(color, scene.silhouette(draw))
