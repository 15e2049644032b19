"""The last layer: bloom, vignette, canvas and the lettering."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageStat

from adapters.sketch.noise import speckle

LETTERING = "offline sketch"
TILE = 192


def finished(picture: Image.Image, rng: Random) -> Image.Image:
    """Light spills over, corners darken, and the canvas shows through."""
    width, height = picture.size
    small = picture.resize((max(4, width // 8), max(4, height // 8)), Image.Resampling.BOX)
    bright = small.point(lambda v: max(0, v - 150)).filter(
        ImageFilter.GaussianBlur(small.width / 24)
    )
    picture = ImageChops.screen(picture, bright.resize(picture.size, Image.Resampling.BICUBIC))
    edge = Image.radial_gradient("L").resize(picture.size, Image.Resampling.BILINEAR)
    shade = edge.point(lambda v: 255 - round(62 * (max(0, v - 70) / 185) ** 1.7))
    picture = ImageChops.multiply(picture, Image.merge("RGB", (shade,) * 3))
    weave = canvas_texture(picture.size, rng)
    return ImageChops.overlay(picture, Image.merge("RGB", (weave,) * 3))


def canvas_texture(size: tuple[int, int], rng: Random) -> Image.Image:
    """Threads and grain around middle gray, to be laid over a picture."""
    across = speckle(rng, (TILE, TILE // 6)).resize((TILE, TILE))
    down = speckle(rng, (TILE // 6, TILE)).resize((TILE, TILE))
    grain = Image.blend(Image.blend(across, down, 0.5), speckle(rng, (TILE, TILE)), 0.45)
    tile = grain.point(lambda v: 128 + round((v - 128) * 0.16))
    texture = Image.new("L", size)
    for left in range(0, size[0], TILE):
        for top in range(0, size[1], TILE):
            texture.paste(tile, (left, top))
    return texture


def lettering(size: tuple[int, int]) -> Image.Image:
    """The words as a mask, small beside a picture of this size, with a little room around."""
    wanted = max(9.0, min(min(size) * 0.018, 40))
    font = ImageFont.load_default(size=wanted)
    left, top, right, bottom = font.getbbox(LETTERING)
    room = round(wanted * 0.5)
    mask = Image.new("L", (round(right - left) + 2 * room, round(bottom - top) + 2 * room), 0)
    ImageDraw.Draw(mask).text((room - left, room - top), LETTERING, fill=255, font=font)
    widest, highest = round(size[0] * 0.96), round(size[1] * 0.5)
    if mask.width > widest or mask.height > highest:
        share = min(widest / mask.width, highest / mask.height)
        smaller = (max(1, round(mask.width * share)), max(1, round(mask.height * share)))
        mask = mask.resize(smaller, Image.Resampling.LANCZOS)
    return mask


def letter(picture: Image.Image, at: tuple[int, int], mask: Image.Image) -> None:
    """Write on the picture (RGB or RGBA), light on dark or dark on light, upper left at `at`."""
    box = (at[0], at[1], at[0] + mask.width, at[1] + mask.height)
    light = ImageStat.Stat(picture.crop(box).convert("L")).mean[0] < 150
    ink, halo = ((255, 250, 240), (0, 0, 0)) if light else ((40, 34, 44), (255, 255, 255))
    soft = mask.filter(ImageFilter.GaussianBlur(max(1.0, mask.height / 14)))
    picture.paste(halo, box, soft.point(lambda v: min(255, v) * 2 // 5))
    picture.paste(ink, box, mask.point(lambda v: v * 4 // 5))


def letter_corner(picture: Image.Image) -> None:
    """Write in the lower right corner."""
    mask = lettering(picture.size)
    room = round(min(picture.size) * 0.012)
    at = (picture.width - mask.width - room, picture.height - mask.height - room)
    letter(picture, (max(0, at[0]), max(0, at[1])), mask)
