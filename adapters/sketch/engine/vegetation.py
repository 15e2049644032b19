"""Rows of trees, bushes, grass and flowers."""

from math import sin

from PIL import ImageDraw

from adapters.sketch.engine.colors import mix, ramp
from adapters.sketch.engine.scene import Scene
from adapters.sketch.engine.terrain import Profile, height_at

PETALS = [(226, 84, 70), (244, 190, 82), (245, 236, 226), (190, 120, 190)]


def draw_tree_row(scene: Scene, profile: Profile, depth: float, height: float, gaps: float) -> None:
    """Draw pines on a crest, about `height` pixels high; `gaps` (0 to 1) is the bare part of it."""
    rng, width = scene.rng, scene.size[0]
    count = max(6, round(width / max(2.0, height * 0.26)))
    trees = []
    for at in range(count + 1):
        share = (at + rng.uniform(-0.5, 0.5)) / count
        if rng.random() < gaps * (0.5 + 0.5 * sin(share * 9 + depth * 7)):
            continue
        tree_height = height * rng.uniform(0.55, 1.15)
        trees.append(
            (
                share * width,
                height_at(profile, share) + tree_height * 0.12,
                tree_height,
                rng.random(),
            )
        )

    def draw(pen: ImageDraw.ImageDraw, k: int) -> None:
        for across, foot, tree_height, girth in trees:
            points = pine_outline(across, foot, tree_height, 0.15 + 0.06 * girth)
            pen.polygon([(x * k, y * k) for x, y in points], fill=255)

    mask = scene.silhouette(draw)
    leaf = mix(scene.palette.foliage[0], scene.palette.foliage[2], rng.random())
    color = scene.palette.local(mix(leaf, (38, 58, 62), 0.5), depth)
    top = (min(profile) - height) / scene.size[1]
    base = max(profile) / scene.size[1]
    haze = mix(color, scene.palette.far, 0.5 - 0.35 * depth)
    scene.fill(
        ramp([(0, color), (max(0.0, top), color), (max(0.01, base), haze)], scene.size), mask
    )


def pine_outline(
    across: float, foot: float, height: float, half_width: float
) -> list[tuple[float, float]]:
    """A conifer's outline in pixels: tiers that widen toward the foot.

    `half_width` is a share of the height.
    """
    tiers = 6
    right = []
    for tier in range(tiers):
        reach = height * half_width * (tier + 1.2) / tiers
        down = foot - height * (1 - 0.9 * (tier + 1) / tiers)
        right += [(reach, down), (reach * 0.55, down - height * 0.015)]
    trunk = [(height * 0.02, foot - height * 0.1), (height * 0.02, foot)]
    points = [(0.0, foot - height), *right, *trunk]
    return [(across + x, y) for x, y in points] + [(across - x, y) for x, y in reversed(points)]


def draw_grass(scene: Scene, profile: Profile, height: float) -> None:
    """Draw blades of grass along a near crest, at most `height` pixels high."""
    rng, width = scene.rng, scene.size[0]
    color = scene.palette.local(mix(scene.palette.ground, (40, 60, 40), 0.45), 1.0)
    blades = [
        (rng.random(), height * rng.uniform(0.3, 1.0), rng.gauss(0, 0.35))
        for _ in range(round(width / max(1.0, height * 0.09)))
    ]

    def draw(pen: ImageDraw.ImageDraw, k: int) -> None:
        for share, length, lean in blades:
            across, foot = share * width, height_at(profile, share) + height * 0.2
            half_width = max(0.8, height * 0.03)
            tip = (across + lean * length, foot - length)
            points = [(across - half_width, foot), tip, (across + half_width, foot)]
            pen.polygon([(x * k, y * k) for x, y in points], fill=255)

    scene.fill(color, scene.silhouette(draw))


def draw_flowers(scene: Scene, profile: Profile) -> None:
    """Draw a meadow in bloom below a crest: dots far away, petals in the foreground."""
    rng, (width, height) = scene.rng, scene.size
    wanted = scene.palette.accents.get("flower")
    tints = [wanted] if wanted else PETALS
    pen = ImageDraw.Draw(scene.canvas)
    spots = sorted((rng.random(), rng.random()) for _ in range(900))
    for near, share in spots:
        start = height_at(profile, share) + scene.unit * 0.01
        down = start + (height - start) * near**1.5
        size = scene.unit * (0.0015 + 0.0085 * near**2) * rng.uniform(0.6, 1.2)
        color = mix(rng.choice(tints), scene.palette.ground, rng.uniform(0, 0.35))
        seen = mix(scene.palette.local(color, 0.45 + 0.55 * near), color, 0.3)
        across = share * width
        pen.ellipse((across - size, down - size * 0.7, across + size, down + size * 0.7), fill=seen)
        light = mix(seen, scene.palette.sun, 0.35)
        pen.ellipse((across - size * 0.5, down - size * 0.6, across + size * 0.4, down), fill=light)


def draw_bushes(scene: Scene, profile: Profile, depth: float, height: float) -> None:
    """Draw clumps of round trees along a crest, at most `height` pixels high, with long gaps."""
    rng, width = scene.rng, scene.size[0]
    dabs = []
    for _ in range(rng.randint(4, 7)):
        middle, count = rng.random(), rng.randint(2, 9)
        for _ in range(count):
            share = middle + rng.gauss(0, 0.018) * scene.unit / width * count**0.5
            size = height * rng.uniform(0.3, 1.0) ** 1.5
            for _ in range(4):
                up = size * rng.uniform(0.0, 0.75)
                aside = rng.gauss(0, 0.3) * size
                dabs.append((share * width + aside, height_at(profile, share) - up, size * 0.7))

    def crowns(pen: ImageDraw.ImageDraw, k: int, share: float, shift: float) -> None:
        for x, y, size in dabs:
            middle, up, half = x + shift * size, y - abs(shift) * size, size * share / 2
            box = (middle - half * 0.9, up - half, middle + half * 0.9, up + half)
            pen.ellipse(tuple(value * k for value in box), fill=255)

    leaf = rng.choice(scene.palette.foliage)
    dark = scene.palette.local(mix(leaf, scene.palette.shadow, 0.22), depth)
    scene.fill(dark, scene.silhouette(lambda pen, k: crowns(pen, k, 1.0, 0.0)))
    light = mix(scene.palette.local(leaf, depth), scene.palette.horizon, 0.12)
    sunward = -0.2 * scene.plan.side
    scene.fill(light, scene.silhouette(lambda pen, k: crowns(pen, k, 0.6, sunward)))
