"""A suspension bridge from edge to edge, its deck above the horizon."""

from math import cosh

from PIL import ImageDraw

from adapters.sketch.engine.scene import Scene

RUST = (172, 82, 62)


def draw_bridge(scene: Scene) -> None:
    """Draw towers, deck, cables and hangers; water drawn afterwards reflects them."""
    width, unit = scene.size[0], scene.unit
    deck, top = scene.horizon - unit * 0.065, scene.horizon - unit * 0.3
    shares = (0.28, 0.78) if scene.plan.side > 0 else (0.22, 0.72)
    towers = (width * shares[0], width * shares[1])

    def draw(pen: ImageDraw.ImageDraw, k: int) -> None:
        pen.rectangle((0, deck * k, width * k, (deck + unit * 0.014) * k), fill=255)
        cable = [(x, _cable(x, towers, deck, top)) for x in range(0, width + 4, 4)]
        thick = round(max(1.0, unit * 0.005) * k)
        pen.line([(x * k, y * k) for x, y in cable], fill=255, width=thick)
        for x, y in cable[:: max(1, round(unit * 0.0045))]:
            pen.line([(x * k, y * k), (x * k, deck * k)], fill=150, width=max(1, k // 2))
        for tower in towers:
            _tower(pen, k, (tower, top, scene.horizon), unit)

    mask = scene.silhouette(draw)
    scene.cover.paste(255, (0, 0), mask)
    scene.fill(scene.palette.local(scene.palette.accents.get("bridge", RUST), 0.8), mask)


def _cable(x: float, towers: tuple[float, float], deck: float, top: float) -> float:
    """The main cable's distance from the top: a catenary between the towers and beyond them."""
    span = towers[1] - towers[0]
    middle = towers[0] + span * (0.5 if towers[0] <= x <= towers[1] else -0.5)
    if x > towers[1]:
        middle = towers[1] + span * 0.5
    rise = (cosh(2.2 * (x - middle) / span) - 1) / (cosh(1.1) - 1)
    return deck - 0.95 * (deck - top) * min(1.0, rise) - 0.05 * (deck - top)


def _tower(
    pen: ImageDraw.ImageDraw, k: int, place: tuple[float, float, float], unit: float
) -> None:
    x, top, foot = place
    for aside in (-0.016, 0.016):
        left, right = x + (aside - 0.006) * unit, x + (aside + 0.006) * unit
        pen.rectangle((left * k, top * k, right * k, foot * k), fill=255)
    for share in (0.0, 0.26, 0.52):
        y = top + (foot - top) * share
        box = ((x - unit * 0.02) * k, y * k, (x + unit * 0.02) * k, (y + unit * 0.012) * k)
        pen.rectangle(box, fill=255)
