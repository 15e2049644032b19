"""Further input images, pasted into the scene as small framed canvases."""

from collections.abc import Sequence
from random import Random

from PIL import Image, ImageFilter, ImageOps

CREAM, WOOD = (248, 240, 224), (92, 66, 52)


def paste_framed(scene: Image.Image, images: Sequence[Image.Image], side: int, rng: Random) -> None:
    """Paste the images (RGB or RGBA) in rows, slightly crooked, on the side where no subject is.

    `side` is 1 when the subject stands right of the middle, else -1.
    """
    if not images:
        return
    columns = min(len(images), max(3, round(len(images) ** 0.5 * 1.4)))
    share = 0.27 if len(images) < 4 else 0.8 / columns
    length = max(4, round(min(scene.size) * share))
    for at, image in enumerate(images):
        canvas = _frame(image, length).rotate(
            rng.uniform(-5, 5), Image.Resampling.BICUBIC, expand=True
        )
        left = round(scene.width * 0.05 + (at % columns) * length * 1.18)
        if side < 0:
            left = scene.width - left - canvas.width
        top = round(scene.height * 0.06 + (at // columns) * length * 1.18)
        _paste_with_shadow(scene, canvas, (left, top))


def _paste_with_shadow(scene: Image.Image, canvas: Image.Image, at: tuple[int, int]) -> None:
    room = max(1, canvas.width // 8)
    shadow = Image.new("L", (canvas.width + 2 * room, canvas.height + 2 * room), 0)
    shadow.paste(canvas.getchannel("A").point(lambda v: v // 2), (room, room))
    shadow = shadow.filter(ImageFilter.GaussianBlur(room / 3))
    scene.paste((20, 16, 26), (at[0] - room + room // 3, at[1] - room + room // 2), shadow)
    scene.paste(canvas, at, canvas)


def _frame(image: Image.Image, side: int) -> Image.Image:
    """A square canvas in a thin wooden frame with a cream mat."""
    inner = ImageOps.fit(image.convert("RGBA"), (side, side))
    paper = Image.new("RGBA", inner.size, (*CREAM, 255))
    paper.alpha_composite(inner)
    mat = ImageOps.expand(paper, max(1, side // 16), (*CREAM, 255))
    frame = ImageOps.expand(mat, max(1, side // 40), (*WOOD, 255))
    return ImageOps.expand(frame, 2, (*WOOD, 0))
