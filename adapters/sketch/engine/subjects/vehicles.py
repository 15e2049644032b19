"""A boat and a balloon, each filling the pen's height, lit from the right."""

from math import cos, pi, sqrt

from adapters.sketch.engine.colors import RGB, mix
from adapters.sketch.engine.subjects.pen import Lighting, Pen

SAILCLOTH: RGB = (248, 240, 224)


def boat(pen: Pen, lighting: Lighting) -> None:
    """A small sailboat before the wind."""
    cloth, hull = lighting.accent("boat", SAILCLOTH), (118, 66, 52)
    mast = lighting.shaded((90, 66, 54), 0.3)
    pen.line([(-0.02, 0.1), (-0.02, 1.0)], 0.014, mast)
    main = [(0.0, 0.2), (0.34, 0.19), (0.24, 0.45), (0.12, 0.75), (0.0, 0.96)]
    pen.polygon(main, lighting.lit(cloth, 0.6))
    pen.polygon([(0.0, 0.2), (0.14, 0.19), (0.09, 0.6), (0.0, 0.96)], lighting.color_of(cloth))
    pen.polygon(
        [(-0.04, 0.2), (-0.34, 0.19), (-0.2, 0.42), (-0.04, 0.82)], lighting.shaded(cloth, 0.25)
    )
    deck = [(-0.42, 0.16), (0.4, 0.15), (0.3, 0.0), (-0.28, 0.0)]
    pen.polygon(deck, lighting.shaded(hull, 0.25))
    pen.polygon([(-0.42, 0.16), (0.4, 0.15), (0.37, 0.11), (-0.4, 0.12)], lighting.lit(hull, 0.4))


def balloon(pen: Pen, lighting: Lighting) -> None:
    """A hot-air balloon with gores in two colors."""
    first = lighting.accent("balloon", (206, 74, 58))
    second = mix(first, SAILCLOTH, 0.86)
    gores = 9
    edges = [-cos(pi * at / gores) for at in range(gores + 1)]
    for at in range(gores):
        color = first if at % 2 == 0 else second
        light = edges[at] + 0.15
        tone = (
            lighting.lit(color, 0.15 + light * 0.5)
            if light > 0
            else lighting.shaded(color, -light * 0.55)
        )
        left, right = edges[at], edges[at + 1]
        rim = [(_bulge(y) * left, y) for y in _LEVELS]
        rim += [(_bulge(y) * right, y) for y in reversed(_LEVELS)]
        pen.polygon(rim, tone)
    rope = lighting.shaded((90, 70, 60), 0.35)
    for x in (-0.055, 0.0, 0.055):
        pen.line([(x, 0.25), (x * 0.6, 0.1)], 0.006, rope)
    pen.box(-0.045, 0.0, 0.045, 0.1, lighting.shaded((150, 104, 66), 0.2))
    pen.box(-0.045, 0.075, 0.045, 0.1, lighting.lit((190, 140, 92), 0.3))
    if lighting.lamps:
        pen.lamps.append(((0, 0.35), 0.3))


_LEVELS = [0.24 + 0.76 * at / 24 for at in range(25)]


def _bulge(y: float) -> float:
    """Half the width of the envelope at this height."""
    up = (y - 0.24) / 0.76
    if up > 0.58:
        return 0.34 * sqrt(max(0.0, 1 - ((up - 0.58) / 0.42) ** 2))
    return 0.06 + 0.28 * (cos((1 - up / 0.58) * pi) * 0.5 + 0.5)
