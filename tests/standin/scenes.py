"""A landscape with the grain of a photograph, drawn the same way every time."""

from hashlib import shake_256

from PIL import Image, ImageChops, ImageDraw


def scene(size: tuple[int, int], alpha: bool, block: int) -> Image.Image:
    """The picture in RGB, or in RGBA with a clear surrounding; squares of `block` pixels."""
    picture = _landscape(size)
    if alpha:
        picture.putalpha(_spot(size))
    if block > 1:
        picture = picture.reduce(block).resize(size, Image.Resampling.NEAREST)
    return _grained(picture)


def _landscape(size: tuple[int, int]) -> Image.Image:
    width, height = size
    down = Image.linear_gradient("L").resize(size)
    across = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90).resize(size)
    glow = Image.radial_gradient("L").resize(size)
    picture = Image.merge("RGB", (ImageChops.invert(glow), across, down))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((width * 0.6, height * 0.1, width * 0.8, height * 0.3), fill=(250, 220, 120))
    for step, color in enumerate(((60, 90, 110), (50, 110, 70), (30, 70, 40))):
        top = height * (0.55 + 0.15 * step)
        peak = width * (0.2 + 0.3 * step)
        corners = [(0, height), (0, top), (peak, top - height * 0.2), (width, top), (width, height)]
        pen.polygon(corners, fill=color)
    return picture


def _grained(picture: Image.Image) -> Image.Image:
    """Three bits of noise a color: what gives a PNG the weight of a real one, partials too."""
    noise = shake_256(b"grain").digest(picture.width * picture.height)
    grain = Image.frombytes("L", picture.size, noise)
    bands = list(picture.split())
    for band, shift in enumerate((0, 3, 5)):
        speckle = grain.point([value >> shift & 7 for value in range(256)])
        bands[band] = ImageChops.add(bands[band], speckle, 1, -4)
    return Image.merge(picture.mode, bands)


def _spot(size: tuple[int, int]) -> Image.Image:
    glow = Image.radial_gradient("L")
    return glow.point([255 if value < 160 else 0 for value in range(256)]).resize(size)
