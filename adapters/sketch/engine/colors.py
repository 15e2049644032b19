"""Colors, and gradients between them."""

from collections.abc import Sequence

from PIL import Image

RGB = tuple[int, int, int]
Stops = Sequence[tuple[float, RGB]]
RAMP_STEPS = 256


def parse_hex(code: str) -> RGB:
    """The color that six hex digits describe, two each for red, green and blue."""
    return (int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16))


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """Mix two colors; `share` (0 to 1) is the part of the second one.

    The squares of the channels are averaged, as light adds up: the middle is not darker than both.
    """
    share = min(1.0, max(0.0, share))
    red, green, blue = (
        round(((1 - share) * a * a + share * b * b) ** 0.5)
        for a, b in zip(first, second, strict=True)
    )
    return (red, green, blue)


def lit_by(color: RGB, light: RGB) -> RGB:
    """The color of an object in colored light."""
    red, green, blue = (round(a * b / 255) for a, b in zip(color, light, strict=True))
    return (red, green, blue)


def luminance(color: RGB) -> float:
    """The brightness that people see, 0 to 1 (weights of ITU-R BT.601, as in Pillow's mode L)."""
    red, green, blue = color
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def ramp(stops: Stops, size: tuple[int, int]) -> Image.Image:
    """A vertical gradient through the stops, whose positions run from 0 (top) to 1 (bottom)."""
    column = bytearray()
    for step in range(RAMP_STEPS):
        column.extend(_color_at(stops, step / (RAMP_STEPS - 1)))
    strip = Image.frombytes("RGB", (1, RAMP_STEPS), bytes(column))
    return strip.resize(size, Image.Resampling.BILINEAR)


def fade(values: Sequence[tuple[float, float]], size: tuple[int, int]) -> Image.Image:
    """A mask with a vertical gradient; each value is an opacity from 0 to 1 at its position."""
    grays = [(place, round(255 * value)) for place, value in values]
    return ramp([(place, (gray, gray, gray)) for place, gray in grays], size).getchannel(0)


def _color_at(stops: Stops, place: float) -> RGB:
    """The color at this position, eased in and out between the two stops around it."""
    below = stops[0]
    for stop in stops:
        if stop[0] >= place:
            span = stop[0] - below[0]
            share = (place - below[0]) / span if span else 1.0
            return mix(below[1], stop[1], share * share * (3 - 2 * share))
        below = stop
    return below[1]
