"""The engine's two acts: draw an image for a prompt, and draw changes into given images.

Equal arguments give equal pixels, in every process and on every machine with this Pillow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from adapters.sketch.engine.cutout import draw_cutout, write_label_below
from adapters.sketch.engine.edits import editable_region, fit, redraw_image, redraw_region
from adapters.sketch.engine.finish import write_label_in_corner
from adapters.sketch.engine.landscape import draw_landscape
from adapters.sketch.engine.stages import draw_stages

Size = tuple[int, int]
Background = Literal["auto", "opaque", "transparent"]


@dataclass(frozen=True, slots=True)
class Rendering:
    """An image (RGB, or RGBA where it has transparency) and its earlier stages, coarsest first."""

    image: Image.Image
    stages: tuple[Image.Image, ...]


def render(
    prompt: str, size: Size, seed: int, *, transparent: bool = False, stages: int = 0
) -> Rendering:
    """Draw an image with up to 3 earlier stages. Takes a second of CPU; touches no shared state."""
    rng = Random(seed)  # noqa: S311 - images, no secrets
    image = (
        draw_cutout(prompt, size, rng) if transparent else draw_landscape(prompt, size, rng).image
    )
    shown = draw_stages(image, stages, rng)
    write_label = write_label_below if transparent else write_label_in_corner
    for one in (image, *shown):
        write_label(one)
    return Rendering(image, tuple(shown))


def render_edit(
    prompt: str,
    size: Size | None,
    seed: int,
    *,
    inputs: Sequence[Image.Image],
    mask: Image.Image | None = None,
    background: Background = "auto",
    stages: int = 0,
) -> Rendering:
    """Draw the first input (RGB or RGBA) as the prompt says, with the others hung into it.

    With a mask only its fully transparent pixels change. `size` None keeps the first input's size.
    """
    rng = Random(seed)  # noqa: S311 - images, no secrets
    first = fit(inputs[0], size or inputs[0].size)
    base = first.convert("RGB")
    if mask is None:
        region = Image.new("L", base.size, 255)
        image = redraw_image(base, prompt, inputs[1:], rng)
    else:
        region = editable_region(mask, base.size)
        image = redraw_region(base, region, prompt, inputs[1:], rng)
    shown = [Image.composite(stage, base, region) for stage in draw_stages(image, stages, rng)]
    alpha = _alpha(first, region if mask is not None else None, background)
    for one in (image, *shown):
        if mask is None:
            write_label_in_corner(one)
        if alpha is not None:
            one.putalpha(alpha)
    return Rendering(image, tuple(shown))


def _alpha(
    first: Image.Image, region: Image.Image | None, background: Background
) -> Image.Image | None:
    """The first input's alpha, full in the region that was redrawn; None for an opaque image."""
    if background == "opaque":
        return None
    if first.mode == "RGBA":
        alpha = first.getchannel("A")
        return alpha if region is None else ImageChops.lighter(alpha, region)
    if background == "auto":
        return None
    return _oval(first.size) if region is None else Image.new("L", first.size, 255)


def _oval(size: Size) -> Image.Image:
    """A mask of an oval with a soft edge that almost fills the image."""
    oval = Image.new("L", size, 0)
    margin = min(size) / 16
    box = (margin, margin, size[0] - margin, size[1] - margin)
    ImageDraw.Draw(oval).ellipse(box, fill=255)
    return oval.filter(ImageFilter.GaussianBlur(margin / 3))
