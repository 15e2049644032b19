"""The fine brush for subjects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from PIL import Image, ImageDraw

from adapters.sketch.colors import RGB, mix
from adapters.sketch.palette import Palette

FINER = 3
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a subject is lit: its palette and how near it is (0 far away, 1 near)."""

    palette: Palette
    depth: float
    rng: Random

    def of(self, color: RGB) -> RGB:
        return self.palette.local(color, self.depth)

    def lit(self, color: RGB, share: float = 0.4) -> RGB:
        """The side toward the light."""
        light = mix(self.palette.sun, self.palette.horizon, 0.35)
        return mix(self.of(color), mix(color, light, 0.45), share * (0.4 + 0.6 * self.depth))

    def shade(self, color: RGB, share: float = 0.4) -> RGB:
        """The side away from the light."""
        return mix(self.of(color), self.palette.local(self.palette.shadow, self.depth), share)

    def accent(self, thing: str, default: RGB) -> RGB:
        """The color that the prompt gives the thing."""
        accents: Mapping[str, RGB] = self.palette.accents
        return accents.get(thing, default)

    @property
    def lamps(self) -> bool:
        """Whether it is dark enough for lamps."""
        return self.palette.dark > 0.2


@dataclass(slots=True)
class Pen:
    """Draws one subject, `tall` pixels high, light from the right.

    Coordinates are shares of that height: x from the middle, y upward from the foot. `lamps` are
    places that glow, each with its radius.
    """

    tall: float
    half: float
    lamps: list[tuple[Point, float]] = field(default_factory=list)
    picture: Image.Image = field(init=False)
    _draw: ImageDraw.ImageDraw = field(init=False)

    def __post_init__(self) -> None:
        size = (round(2 * self.half * self.tall * FINER) + 8, round(1.1 * self.tall * FINER) + 8)
        self.picture = Image.new("RGBA", size, (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self.picture)

    def polygon(self, points: Sequence[Point], color: RGB) -> None:
        self._draw.polygon([self._at(point) for point in points], fill=(*color, 255))

    def box(self, left: float, low: float, right: float, high: float, color: RGB) -> None:
        self.polygon([(left, low), (right, low), (right, high), (left, high)], color)

    def disc(self, x: float, y: float, wide: float, high: float, color: RGB) -> None:
        """An ellipse with these half axes."""
        (left, top), (right, low) = self._at((x - wide, y + high)), self._at((x + wide, y - high))
        self._draw.ellipse((left, top, right, low), fill=(*color, 255))

    def line(self, points: Sequence[Point], thick: float, color: RGB) -> None:
        width = max(FINER - 1, round(thick * self.tall * FINER))
        self._draw.line([self._at(point) for point in points], (*color, 255), width, "curve")

    def stamp(self) -> Image.Image:
        """What was drawn, at its real size; the foot's middle is at the lower edge's middle."""
        size = (max(1, self.picture.width // FINER), max(1, self.picture.height // FINER))
        return self.picture.resize(size, Image.Resampling.BOX)

    def _at(self, point: Point) -> Point:
        scale = self.tall * FINER
        return (self.picture.width / 2 + point[0] * scale, self.picture.height - point[1] * scale)
