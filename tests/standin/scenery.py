"""A landscape with the grain of a photograph, always drawn the same."""

from hashlib import shake_256

from PIL import Image, ImageChops, ImageDraw


def draw_scene(size: tuple[int, int], alpha: bool, block: int) -> Image.Image:
    """The image in RGB, or in RGBA with transparent surroundings; in squares of `block` pixels."""
    image = _landscape(size)
    if alpha:
        image.putalpha(_spot_mask(size))
    if block > 1:
        image = image.reduce(block).resize(size, Image.Resampling.NEAREST)
    return _add_grain(image)


def _landscape(size: tuple[int, int]) -> Image.Image:
    width, height = size
    down = Image.linear_gradient("L").resize(size)
    across = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90).resize(size)
    glow = Image.radial_gradient("L").resize(size)
    image = Image.merge("RGB", (ImageChops.invert(glow), across, down))
    pen = ImageDraw.Draw(image)
    pen.ellipse((width * 0.6, height * 0.1, width * 0.8, height * 0.3), fill=(250, 220, 120))
    for step, color in enumerate(((60, 90, 110), (50, 110, 70), (30, 70, 40))):
        top = height * (0.55 + 0.15 * step)
        peak = width * (0.2 + 0.3 * step)
        corners = [(0, height), (0, top), (peak, top - height * 0.2), (width, top), (width, height)]
        pen.polygon(corners, fill=color)
    return image


def _add_grain(image: Image.Image) -> Image.Image:
    """Three bits of noise per color, so that PNG files are as large as real ones, partials too."""
    noise = shake_256(b"grain").digest(image.width * image.height)
    grain = Image.frombytes("L", image.size, noise)
    bands = list(image.split())
    for band, shift in enumerate((0, 3, 5)):
        speckle = grain.point([value >> shift & 7 for value in range(256)])
        bands[band] = ImageChops.add(bands[band], speckle, 1, -4)
    return Image.merge(image.mode, bands)


def _spot_mask(size: tuple[int, int]) -> Image.Image:
    glow = Image.radial_gradient("L")
    return glow.point([255 if value < 160 else 0 for value in range(256)]).resize(size)
