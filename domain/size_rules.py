"""The sizes that a model generates, and the one among them that has the shape of an image."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from domain.image_formats import Dimensions

LONG_SIDE, SHORT_SIDE = 1536, 1024
"""Pixels of the larger one of the sizes that all models generate."""
COMMON_SIZES = frozenset(
    {Dimensions(1024, 1024), Dimensions(LONG_SIDE, SHORT_SIDE), Dimensions(SHORT_SIDE, LONG_SIDE)}
)
LEAST_SHARE = 0.85
"""A shape that is met better is worth a side this much shorter."""
MAX_NAMED = 20
"""Sizes that are named one by one."""
SAME_SHAPE = 1.001
"""Ratios that differ by less are of one shape: sides are whole pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRule:
    """The dimensions that a model generates: a list, or everything within bounds (pixels)."""

    listed: frozenset[Dimensions] = frozenset()
    multiple_of: int = 1
    max_ratio: float = 0.0
    max_long_side: int = 0
    max_short_side: int = 0
    min_pixels: int = 0
    max_pixels: int = 0

    def allows(self, size: Dimensions) -> bool:
        if size in self.listed:
            return True
        long, short = max(size.width, size.height), min(size.width, size.height)
        return (
            long <= self.max_long_side
            and short <= self.max_short_side
            and size.width % self.multiple_of == size.height % self.multiple_of == 0
            and size.ratio <= self.max_ratio
            and self.min_pixels <= size.pixels <= self.max_pixels
        )

    def nearest(self, size: Dimensions) -> Dimensions:
        """The allowed size that is nearest to this one; of a rule that allows none, a common one.

        That is the size itself, or its sides in valid multiples. Else it has the shape of the size:
        with about as many pixels, but not fewer than the sizes that all models generate.
        """
        step = self.multiple_of
        sides = (max(step, (side + step // 2) // step * step) for side in (size.width, size.height))
        rounded = next(filter(self.allows, (size, Dimensions(*sides))), None)
        if rounded is not None:
            return rounded
        is_large = size.pixels > LONG_SIDE * SHORT_SIDE
        large = (self._as_large(size) or self._listed_as_large(size)) if is_large else []
        return min(large, key=lambda each: _difference(each, size)[1], default=None) or (
            self.shaped_like(size)
        )

    def shaped_like(self, image: Dimensions) -> Dimensions:
        """The allowed size that is nearest to the image's shape; of equal ones, the largest.

        Within LONG_SIDE x SHORT_SIDE in either orientation, or of no more pixels if it is listed,
        so that it costs about as much as the sizes that all models generate.
        """
        most = LONG_SIDE * SHORT_SIDE
        small = frozenset(size for size in self.listed if size.pixels <= most)
        common = small or self.listed or COMMON_SIZES
        sizes = set(filter(self.allows, {*common, *self._filling(image)})) or common
        return min(sizes, key=lambda size: (_difference(size, image)[0], -size.pixels))

    def _filling(self, image: Dimensions) -> Iterator[Dimensions]:
        """Sizes of about the image's shape, from the largest one down to LEAST_SHARE of it."""
        ratio, step = max(1.0, min(image.ratio, self.max_ratio)), self.multiple_of
        largest = min(SHORT_SIDE, LONG_SIDE / ratio)
        for short in range(int(largest // step) * step, int(largest * LEAST_SHARE), -step):
            long = min(round(short * ratio / step) * step, LONG_SIDE)
            is_wide = image.width >= image.height
            yield Dimensions(long, short) if is_wide else Dimensions(short, long)

    def _listed_as_large(self, size: Dimensions) -> Sequence[Dimensions]:
        """The listed sizes of the nearest shape with nearly as many pixels or more, or the largest.

        Sizes in tiers are far apart: a tier below has a quarter of the pixels.
        """
        nearest = min((_difference(each, size)[0] for each in self.listed), default=0)
        alike = [each for each in self.listed if _difference(each, size)[0] <= nearest * SAME_SHAPE]
        enough = [each for each in alike if each.pixels >= size.pixels * LEAST_SHARE]
        return enough or sorted(alike, key=lambda each: each.pixels)[-1:]

    def _as_large(self, size: Dimensions) -> Sequence[Dimensions]:
        """Allowed sizes of about this shape, of any number of pixels."""
        ratio, step = min(size.ratio, self.max_ratio), self.multiple_of
        is_wide, found = size.width >= size.height, list[Dimensions]()
        for short in range(step, self.max_short_side + 1, step):
            long = max(step, int(short * ratio / step) * step)
            found.append(Dimensions(long, short) if is_wide else Dimensions(short, long))
        return [each for each in found if self.allows(each)]

    def __str__(self) -> str:
        names = ", ".join(str(size) for size in sorted(self.listed))
        if len(self.listed) > MAX_NAMED:
            least, *_, most = sorted(self.listed, key=lambda size: size.pixels)
            names = f"{len(self.listed)} sizes from {least} to {most}"
        if not self.max_pixels:
            return names
        multiples = f"in multiples of {self.multiple_of} " if self.multiple_of > 1 else ""
        free = (
            f"any WIDTHxHEIGHT {multiples}up to "
            f"{self.max_long_side}x{self.max_short_side} in either orientation, "
            f"{self.min_pixels:,} to {self.max_pixels:,} pixels, "
            f"aspect ratio at most {self.max_ratio:g}:1"
        )
        return f"{names}, {free}" if names else free


ANY_SIZE = SizeRule(
    max_ratio=inf, max_long_side=10_000, max_short_side=10_000, max_pixels=50_000_000
)


def _difference(one: Dimensions, other: Dimensions) -> tuple[float, float]:
    """How different two sizes are: first in shape, then in pixels."""
    shapes = one.width * other.height, other.width * one.height
    pixels = one.pixels, other.pixels
    return max(shapes) / min(shapes), max(pixels) / min(pixels)
