"""Noise: speckle, fractal noise, and the curve that shapes it."""

from random import Random

from PIL import Image, ImageOps


def speckle(rng: Random, size: tuple[int, int]) -> Image.Image:
    """Every pixel a random gray."""
    return Image.frombytes("L", size, rng.randbytes(size[0] * size[1]))


def fractal(
    rng: Random, size: tuple[int, int], cells: tuple[int, int], octaves: int = 5, gain: float = 0.55
) -> Image.Image:
    """Layered noise over the full range of grays; `cells` is the grid of the coarsest layer."""
    total, weights = Image.new("L", size, 128), 0.0
    for octave in range(octaves):
        grid = (min(size[0], cells[0] << octave), min(size[1], cells[1] << octave))
        layer = speckle(rng, grid).resize(size, Image.Resampling.BICUBIC)
        weight = gain**octave
        weights += weight
        total = Image.blend(total, layer, weight / weights)
    return ImageOps.autocontrast(total, cutoff=1)


def smooth_step(image: Image.Image, low: float, high: float, top: float = 1.0) -> Image.Image:
    """Grays under `low` become 0 and over `high` `top`, softly between (all from 0 to 1)."""
    table = []
    for gray in range(256):
        share = min(1.0, max(0.0, (gray / 255 - low) / (high - low)))
        table.append(round(255 * top * share * share * (3 - 2 * share)))
    return image.point(table)
