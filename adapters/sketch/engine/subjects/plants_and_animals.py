"""Plants and animals, each filling the pen's height, lit from the right."""

from math import cos, pi, sin

from adapters.sketch.engine.colors import RGB, mix
from adapters.sketch.engine.subjects.pen import Lighting, Pen
from adapters.sketch.engine.vegetation import pine_outline

BARK: RGB = (84, 62, 54)


def tree(pen: Pen, lighting: Lighting) -> None:
    """A broad crown of many leaves, dark below and bright toward the light."""
    rng, leaves = lighting.rng, lighting.palette.foliage
    trunk = lighting.shaded(BARK, 0.3)
    pen.polygon(
        [(-0.05, 0), (0.055, 0), (0.028, 0.2), (0.022, 0.5), (-0.022, 0.5), (-0.028, 0.2)], trunk
    )
    for lean, height in ((-0.2, 0.6), (0.2, 0.62), (-0.1, 0.72), (0.1, 0.74)):
        pen.line([(0, 0.3), (lean * 0.6, height - 0.14), (lean, height)], 0.022, trunk)
    dabs = []
    for _ in range(430):
        angle, reach = rng.uniform(0, 2 * pi), rng.random() ** 0.55
        x = cos(angle) * reach * 0.37
        y = 0.66 + sin(angle) * reach * (0.3 if sin(angle) > 0 else 0.2)
        dabs.append((x + y * 0.6 + rng.gauss(0, 0.09), x, y))
    for light, x, y in sorted(dabs):
        leaf = rng.choice(leaves)
        share = min(1.0, max(0.0, (light - 0.18) / 0.62))
        color = mix(lighting.shaded(leaf, 0.6), lighting.lit(leaf, 0.5), share)
        size = rng.uniform(0.014, 0.042)
        pen.disc(x, y, size * 1.2, size, color)


def pine(pen: Pen, lighting: Lighting) -> None:
    """One conifer with the outline of those in rows."""
    leaf = mix(lighting.palette.foliage[0], (34, 54, 56), 0.55)
    outline = [(x, -y) for x, y in pine_outline(0, 0, 1.0, 0.2)]
    pen.polygon(outline, lighting.shaded(leaf, 0.25))
    pen.polygon([(max(0.0, x), y) for x, y in outline], lighting.lit(leaf, 0.14))


def cat(pen: Pen, lighting: Lighting) -> None:
    """A sitting cat, seen from behind."""
    fur = lighting.accent("cat", (58, 50, 60))
    body, light = lighting.shaded(fur, 0.25), lighting.lit(fur, 0.35)
    pen.line([(0.2, 0.06), (0.4, 0.05), (0.5, 0.14), (0.46, 0.25)], 0.065, body)
    for shift, color in ((0.02, light), (0.0, body)):
        pen.disc(shift, 0.22, 0.27, 0.23, color)
        pen.disc(shift, 0.42, 0.185, 0.24, color)
        pen.disc(shift, 0.74, 0.17, 0.145, color)
        for side in (-1, 1):
            ear = [(side * 0.16 + shift, 0.78), (side * 0.15 + shift, 0.98), (shift, 0.86)]
            pen.polygon(ear, color)


def cactus(pen: Pen, lighting: Lighting) -> None:
    """A saguaro with two arms, ribbed by light and shade."""
    green: RGB = (92, 128, 88)
    stems = [
        ([(0.0, 0.02), (0.0, 0.95)], 0.15),
        ([(0.0, 0.36), (-0.2, 0.38), (-0.23, 0.46), (-0.23, 0.7)], 0.095),
        ([(0.0, 0.46), (0.18, 0.48), (0.21, 0.56), (0.21, 0.84)], 0.095),
    ]
    for points, thickness in stems:
        (x, top), shade = points[-1], lighting.shaded(green, 0.25)
        pen.line(points, thickness, shade)
        pen.disc(x, top, thickness / 2, thickness / 2, shade)
        foot = points[-2][1]
        for rib, share in ((0.05, 0.15), (0.24, 0.3), (0.4, 0.5)):
            pen.line(
                [(x + thickness * rib, foot), (x + thickness * rib, top)],
                0.016,
                lighting.lit(green, share),
            )
