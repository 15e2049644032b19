"""Buildings, each filling the pen's height, lit from the right."""

from adapters.sketch.engine.colors import RGB, luminance, mix
from adapters.sketch.engine.subjects.pen import Lighting, Pen, Point

STONE: RGB = (196, 186, 176)
WHITE: RGB = (244, 238, 228)
LAMP: RGB = (255, 218, 140)
TILES: RGB = (150, 74, 62)


def lighthouse(pen: Pen, lighting: Lighting) -> None:
    """Tapered, banded, with a lantern."""
    band = lighting.accent("lighthouse", (196, 66, 54))
    floors = 5
    for floor in range(floors):
        low, high = floor * 0.148, (floor + 1) * 0.148
        color = WHITE if floor % 2 == 0 else band
        a, b = 0.105 - 0.045 * floor / floors, 0.105 - 0.045 * (floor + 1) / floors
        pen.polygon([(-a, low), (a, low), (b, high), (-b, high)], lighting.color_of(color))
        pen.polygon(
            [(-a, low), (-a * 0.2, low), (-b * 0.2, high), (-b, high)], lighting.shaded(color)
        )
        pen.polygon([(a * 0.55, low), (a, low), (b, high), (b * 0.55, high)], lighting.lit(color))
    dark = lighting.shaded((70, 66, 78), 0.3)
    pen.box(-0.085, 0.74, 0.085, 0.765, dark)
    pen.box(-0.045, 0.765, 0.045, 0.87, LAMP if lighting.lamps else lighting.lit(WHITE, 0.6))
    pen.line([(0, 0.765), (0, 0.87)], 0.012, dark)
    pen.polygon([(-0.065, 0.87), (0.065, 0.87), (0.03, 0.92), (0, 0.965), (-0.03, 0.92)], dark)
    pen.line([(0, 0.95), (0, 1.0)], 0.008, dark)
    pen.box(-0.022, 0.0, 0.022, 0.07, dark)
    house(pen, lighting, left=-0.34, right=-0.08, height=0.2)
    if lighting.lamps:
        pen.lamps.append(((0, 0.82), 0.42))


def house(
    pen: Pen, lighting: Lighting, left: float = -0.62, right: float = 0.62, height: float = 1.0
) -> None:
    """A cottage with a gable, a chimney and windows that are lit in the dark."""
    wall, roof = lighting.accent("house", WHITE), mix(TILES, lighting.accent("village", TILES), 0.8)
    if luminance(lighting.palette.ground) > 0.85:
        roof = mix(lighting.palette.ground, roof, 0.12)
    span, eaves = right - left, height * 0.5
    corner = left + span * 0.36
    pen.box(left, 0, right, eaves, lighting.color_of(wall))
    gable: list[Point] = [(left, 0), (corner, 0), (corner, eaves)]
    pen.polygon(
        [*gable, (left + span * 0.18, height * 0.9), (left, eaves)], lighting.shaded(wall, 0.35)
    )
    ridge = height * 0.92
    slope = [
        (corner - span * 0.03, eaves - height * 0.04),
        (right + span * 0.05, eaves - height * 0.04),
    ]
    slope += [(right - span * 0.06, ridge), (left + span * 0.18, ridge)]
    chimney = right - span * 0.26
    pen.box(chimney, height * 0.8, chimney + span * 0.08, height * 1.05, lighting.shaded(roof, 0.3))
    pen.polygon(slope, lighting.lit(roof, 0.3))
    eave = [(left - span * 0.04, eaves - height * 0.05), (left + span * 0.18, ridge)]
    pen.line(eave, height * 0.035, lighting.shaded(roof, 0.45))
    pane = LAMP if lighting.lamps else lighting.shaded((96, 110, 130), 0.2)
    for share in (0.5, 0.66, 0.82):
        x = left + span * share
        pen.box(x - span * 0.035, height * 0.17, x + span * 0.035, height * 0.33, pane)
    pen.box(
        left + span * 0.14,
        0,
        left + span * 0.23,
        height * 0.28,
        lighting.shaded((110, 70, 50), 0.3),
    )
    if lighting.lamps:
        pen.lamps.append(((left + span * 0.66, height * 0.25), height * 0.6))


def castle(pen: Pen, lighting: Lighting) -> None:
    """Towers of different heights around a keep."""
    stone = lighting.accent("castle", STONE)
    roof = mix((84, 92, 128), lighting.accent("castle", (84, 92, 128)), 0.4)
    for x, half_width, height, pointed in (
        (-0.46, 0.07, 0.42, True),
        (0.5, 0.075, 0.5, True),
        (-0.1, 0.2, 0.46, False),
        (0.26, 0.16, 0.36, False),
        (-0.24, 0.075, 0.66, True),
        (0.1, 0.09, 0.76, True),
    ):
        _tower(pen, lighting, (x, half_width, height), stone, roof if pointed else None)
    pen.box(-0.5, 0, 0.54, 0.24, lighting.color_of(stone))
    pen.polygon([(-0.5, 0), (-0.06, 0), (-0.06, 0.24), (-0.5, 0.24)], lighting.shaded(stone, 0.22))
    for at in range(14):
        x = -0.5 + at * 0.076
        pen.box(x, 0.24, x + 0.04, 0.275, lighting.color_of(stone))
    pen.box(-0.02, 0, 0.1, 0.12, lighting.shaded((60, 50, 60), 0.5))
    pen.disc(0.04, 0.12, 0.06, 0.05, lighting.shaded((60, 50, 60), 0.5))
    if lighting.lamps:
        pen.lamps.extend([((0.1, 0.6), 0.14), ((-0.24, 0.5), 0.12)])


def _tower(
    pen: Pen, lighting: Lighting, place: tuple[float, float, float], stone: RGB, roof: RGB | None
) -> None:
    x, half_width, height = place
    pen.box(x - half_width, 0, x + half_width, height, lighting.color_of(stone))
    pen.box(x - half_width, 0, x - half_width * 0.25, height, lighting.shaded(stone))
    pen.box(x + half_width * 0.55, 0, x + half_width, height, lighting.lit(stone))
    if roof:
        point = height + half_width * 3.1
        pen.polygon(
            [(x - half_width * 1.2, height), (x + half_width * 1.2, height), (x, point)],
            lighting.color_of(roof),
        )
        pen.polygon(
            [(x + half_width * 0.2, height), (x + half_width * 1.2, height), (x, point)],
            lighting.lit(roof),
        )
        window = LAMP if lighting.lamps else lighting.shaded((70, 66, 84), 0.4)
        pen.box(
            x - half_width * 0.22,
            height - half_width * 2.0,
            x + half_width * 0.22,
            height - half_width * 1.1,
            window,
        )
        return
    for at in range(5):
        left = x - half_width + at * half_width * 0.44
        pen.box(left, height, left + half_width * 0.24, height + 0.03, lighting.color_of(stone))


def windmill(pen: Pen, lighting: Lighting) -> None:
    """A tapered mill with a cap and four sails of lattice."""
    wall = lighting.accent("windmill", WHITE)
    body: list[Point] = [(-0.17, 0), (0.17, 0), (0.1, 0.56), (-0.1, 0.56)]
    pen.polygon(body, lighting.color_of(wall))
    pen.polygon([(-0.17, 0), (-0.03, 0), (-0.02, 0.56), (-0.1, 0.56)], lighting.shaded(wall))
    pen.disc(0, 0.57, 0.115, 0.09, lighting.color_of(TILES))
    pen.box(-0.03, 0, 0.04, 0.13, lighting.shaded((90, 60, 50), 0.3))
    sail = lighting.shaded((226, 212, 190), 0.1)
    for across, up in ((0.37, 0.19), (-0.19, 0.37), (-0.37, -0.19), (0.19, -0.37)):
        tip = (across, 0.6 + up)
        pen.line([(0, 0.6), tip], 0.012, lighting.shaded((80, 62, 58), 0.3))
        wing = [(across * 0.2, 0.6 + up * 0.2), tip, (tip[0] - up * 0.24, tip[1] + across * 0.24)]
        pen.polygon([*wing, (across * 0.2 - up * 0.2, 0.6 + up * 0.2 + across * 0.2)], sail)
