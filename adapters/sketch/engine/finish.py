"""The last layer: bloom, vignette, canvas texture and the label."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageStat

from adapters.sketch.engine.noise import speckle

LABEL = "offline sketch"
TILE = 192
"""Pixels after which the canvas texture repeats."""


def finish(image: Image.Image, rng: Random) -> Image.Image:
    """Add bloom, darker corners and canvas texture."""
    width, height = image.size
    small = image.resize((max(4, width // 8), max(4, height // 8)), Image.Resampling.BOX)
    bright = small.point(lambda v: max(0, v - 150)).filter(
        ImageFilter.GaussianBlur(small.width / 24)
    )
    image = ImageChops.screen(image, bright.resize(image.size, Image.Resampling.BICUBIC))
    edge = Image.radial_gradient("L").resize(image.size, Image.Resampling.BILINEAR)
    shade = edge.point(lambda v: 255 - round(62 * (max(0, v - 70) / 185) ** 1.7))
    image = ImageChops.multiply(image, Image.merge("RGB", (shade,) * 3))
    weave = canvas_texture(image.size, rng)
    return ImageChops.overlay(image, Image.merge("RGB", (weave,) * 3))


def canvas_texture(size: tuple[int, int], rng: Random) -> Image.Image:
    """Threads and grain around middle gray, an overlay for an image."""
    across = speckle(rng, (TILE, TILE // 6)).resize((TILE, TILE))
    down = speckle(rng, (TILE // 6, TILE)).resize((TILE, TILE))
    grain = Image.blend(Image.blend(across, down, 0.5), speckle(rng, (TILE, TILE)), 0.45)
    tile = grain.point(lambda v: 128 + round((v - 128) * 0.16))
    texture = Image.new("L", size)
    for left in range(0, size[0], TILE):
        for top in range(0, size[1], TILE):
            texture.paste(tile, (left, top))
    return texture


def label_mask(size: tuple[int, int]) -> Image.Image:
    """The label as a mask with a margin, small in proportion to an image of this size."""
    wanted = max(9.0, min(min(size) * 0.018, 40))
    font = ImageFont.load_default(size=wanted)
    left, top, right, bottom = font.getbbox(LABEL)
    room = round(wanted * 0.5)
    mask = Image.new("L", (round(right - left) + 2 * room, round(bottom - top) + 2 * room), 0)
    ImageDraw.Draw(mask).text((room - left, room - top), LABEL, fill=255, font=font)
    widest, highest = round(size[0] * 0.96), round(size[1] * 0.5)
    if mask.width > widest or mask.height > highest:
        share = min(widest / mask.width, highest / mask.height)
        smaller = (max(1, round(mask.width * share)), max(1, round(mask.height * share)))
        mask = mask.resize(smaller, Image.Resampling.LANCZOS)
    return mask


def write_label(image: Image.Image, at: tuple[int, int], mask: Image.Image) -> None:
    """Write the label (RGB or RGBA), light on dark or dark on light, upper left at `at`."""
    box = (at[0], at[1], at[0] + mask.width, at[1] + mask.height)
    light = ImageStat.Stat(image.crop(box).convert("L")).mean[0] < 150
    ink, halo = ((255, 250, 240), (0, 0, 0)) if light else ((40, 34, 44), (255, 255, 255))
    soft = mask.filter(ImageFilter.GaussianBlur(max(1.0, mask.height / 14)))
    image.paste(halo, box, soft.point(lambda v: min(255, v) * 2 // 5))
    image.paste(ink, box, mask.point(lambda v: v * 4 // 5))


def write_label_in_corner(image: Image.Image) -> None:
    """Write the label in the lower right corner."""
    mask = label_mask(image.size)
    room = round(min(image.size) * 0.012)
    at = (image.width - mask.width - room, image.height - mask.height - room)
    write_label(image, (max(0, at[0]), max(0, at[1])), mask)
