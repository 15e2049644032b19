"""The picture while it is painted."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageChops, ImageDraw

from adapters.sketch.colors import RGB
from adapters.sketch.palette import Palette
from adapters.sketch.plan import Plan

FINER = 2
"""Silhouettes are drawn this many times larger and reduced, so that their edges are smooth."""


@dataclass(slots=True)
class Scene:
    """A canvas (RGB) with its plan and palette.

    `land` (L) is where ground is in front of the sky, `cover` (L) where subjects stand.
    """

    canvas: Image.Image
    land: Image.Image
    cover: Image.Image
    plan: Plan
    palette: Palette
    rng: Random

    @property
    def size(self) -> tuple[int, int]:
        return self.canvas.size

    @property
    def unit(self) -> int:
        """The shorter side, which things are measured by, in pixels."""
        return min(self.canvas.size)

    @property
    def horizon(self) -> int:
        """How far down it lies, in pixels."""
        return round(self.plan.horizon * self.canvas.height)

    @property
    def sun(self) -> tuple[int, int]:
        """The middle of the sun or moon, in pixels."""
        across, down = self.plan.sun
        return (round(across * self.canvas.width), round(down * self.canvas.height))

    def lay(self, paint: Image.Image | RGB, mask: Image.Image) -> None:
        """Cover the canvas with paint where the mask is white."""
        layer = Image.new("RGB", self.size, paint) if isinstance(paint, tuple) else paint
        self.canvas.paste(layer, (0, 0), mask)

    def shine(self, light: Image.Image, at: tuple[int, int] = (0, 0)) -> None:
        """Add light (RGB, any size) with its upper left corner at this place."""
        box = (at[0], at[1], at[0] + light.width, at[1] + light.height)
        lit = ImageChops.screen(self.canvas.crop(box), light)
        self.canvas.paste(lit, at)

    def stand(self, stamp: Image.Image, at: tuple[int, int]) -> None:
        """Put a subject (RGBA) with its upper left corner at this place."""
        alpha = stamp.getchannel("A")
        self.canvas.paste(stamp.convert("RGB"), at, alpha)
        self.cover.paste(255, (at[0], at[1], at[0] + alpha.width, at[1] + alpha.height), alpha)

    def silhouette(self, draw: Callable[[ImageDraw.ImageDraw, int], None]) -> Image.Image:
        """A mask drawn with smooth edges; `draw` multiplies its pixels by the second argument."""
        large = Image.new("L", (self.size[0] * FINER, self.size[1] * FINER), 0)
        draw(ImageDraw.Draw(large), FINER)
        return large.reduce(FINER)


def glow(radius: int, color: RGB, strength: float) -> Image.Image:
    """A round light that fades out within `radius` pixels, to be added with `Scene.shine`."""
    small = Image.radial_gradient("L").point(_fall_off(strength))
    mask = small.resize((max(2, radius * 2),) * 2, Image.Resampling.BILINEAR)
    return Image.merge("RGB", [mask.point(_scaled(channel)) for channel in color])


def _fall_off(strength: float) -> list[int]:
    """The gradient counts from 0 in the middle; at 180 (an inscribed circle) nothing is left."""
    return [round(255 * strength * max(0.0, 1 - gray / 180) ** 2.2) for gray in range(256)]


def _scaled(channel: int) -> list[int]:
    return [gray * channel // 255 for gray in range(256)]
