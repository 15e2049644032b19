"""A pen for subjects, and the light that they stand in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from PIL import Image, ImageDraw

from adapters.sketch.engine.colors import RGB, mix
from adapters.sketch.engine.palette import Palette

SUPERSAMPLING = 3
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lighting:
    """The light on a subject: its palette, and how near it is (`depth` 0 far away, 1 near)."""

    palette: Palette
    depth: float
    rng: Random

    def color_of(self, color: RGB) -> RGB:
        return self.palette.local(color, self.depth)

    def lit(self, color: RGB, share: float = 0.4) -> RGB:
        """The color on the side toward the light."""
        light = mix(self.palette.sun, self.palette.horizon, 0.35)
        return mix(self.color_of(color), mix(color, light, 0.45), share * (0.4 + 0.6 * self.depth))

    def shaded(self, color: RGB, share: float = 0.4) -> RGB:
        """The color on the side away from the light."""
        return mix(self.color_of(color), self.palette.local(self.palette.shadow, self.depth), share)

    def accent(self, thing: str, default: RGB) -> RGB:
        """The color that the prompt gives the thing, else `default`."""
        accents: Mapping[str, RGB] = self.palette.accents
        return accents.get(thing, default)

    @property
    def lamps(self) -> bool:
        """Whether it is dark enough for lamps."""
        return self.palette.dark > 0.2


@dataclass(slots=True)
class Pen:
    """Draws one subject, `height` pixels high and lit from the right.

    Coordinates are shares of that height: x from the middle, y upward from the foot. `lamps` are
    points that glow, each with its radius.
    """

    height: float
    half_width: float
    lamps: list[tuple[Point, float]] = field(default_factory=list)
    image: Image.Image = field(init=False)
    _draw: ImageDraw.ImageDraw = field(init=False)

    def __post_init__(self) -> None:
        size = (
            round(2 * self.half_width * self.height * SUPERSAMPLING) + 8,
            round(1.1 * self.height * SUPERSAMPLING) + 8,
        )
        self.image = Image.new("RGBA", size, (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self.image)

    def polygon(self, points: Sequence[Point], color: RGB) -> None:
        self._draw.polygon([self._at(point) for point in points], fill=(*color, 255))

    def box(self, left: float, low: float, right: float, high: float, color: RGB) -> None:
        self.polygon([(left, low), (right, low), (right, high), (left, high)], color)

    def disc(self, x: float, y: float, half_width: float, half_height: float, color: RGB) -> None:
        """An ellipse with these half axes."""
        (left, top), (right, low) = (
            self._at((x - half_width, y + half_height)),
            self._at((x + half_width, y - half_height)),
        )
        self._draw.ellipse((left, top, right, low), fill=(*color, 255))

    def line(self, points: Sequence[Point], thickness: float, color: RGB) -> None:
        width = max(SUPERSAMPLING - 1, round(thickness * self.height * SUPERSAMPLING))
        self._draw.line([self._at(point) for point in points], (*color, 255), width, "curve")

    def stamp(self) -> Image.Image:
        """The drawing at its real size; the subject stands on the middle of the lower edge."""
        size = (
            max(1, self.image.width // SUPERSAMPLING),
            max(1, self.image.height // SUPERSAMPLING),
        )
        return self.image.resize(size, Image.Resampling.BOX)

    def _at(self, point: Point) -> Point:
        scale = self.height * SUPERSAMPLING
        return (self.image.width / 2 + point[0] * scale, self.image.height - point[1] * scale)
