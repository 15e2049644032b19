"""The image while it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageChops, ImageDraw

from adapters.sketch.engine.colors import RGB
from adapters.sketch.engine.composition import Plan
from adapters.sketch.engine.palette import Palette

SUPERSAMPLING = 2
"""Silhouettes are drawn this many times larger and reduced, which smooths their edges."""


@dataclass(slots=True)
class Scene:
    """A canvas (RGB) with its plan and palette.

    `land` (L) masks the ground in front of the sky, `cover` (L) the subjects.
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
        """The shorter side in pixels, the measure for the size of things."""
        return min(self.canvas.size)

    @property
    def horizon(self) -> int:
        """The horizon's distance from the top, in pixels."""
        return round(self.plan.horizon * self.canvas.height)

    @property
    def sun(self) -> tuple[int, int]:
        """The center of the sun or moon, in pixels."""
        across, down = self.plan.sun
        return (round(across * self.canvas.width), round(down * self.canvas.height))

    def fill(self, source: Image.Image | RGB, mask: Image.Image) -> None:
        """Cover the canvas with a color or a layer (RGB) where the mask is white."""
        layer = Image.new("RGB", self.size, source) if isinstance(source, tuple) else source
        self.canvas.paste(layer, (0, 0), mask)

    def add_light(self, light: Image.Image, at: tuple[int, int] = (0, 0)) -> None:
        """Add light (RGB, any size) with its upper left corner at this pixel."""
        box = (at[0], at[1], at[0] + light.width, at[1] + light.height)
        lit = ImageChops.screen(self.canvas.crop(box), light)
        self.canvas.paste(lit, at)

    def add_subject(self, stamp: Image.Image, at: tuple[int, int]) -> None:
        """Paste a subject (RGBA) with its upper left corner at this pixel."""
        alpha = stamp.getchannel("A")
        self.canvas.paste(stamp.convert("RGB"), at, alpha)
        self.cover.paste(255, (at[0], at[1], at[0] + alpha.width, at[1] + alpha.height), alpha)

    def silhouette(self, draw: Callable[[ImageDraw.ImageDraw, int], None]) -> Image.Image:
        """A mask with smooth edges; `draw` multiplies its coordinates by the second argument."""
        large = Image.new("L", (self.size[0] * SUPERSAMPLING, self.size[1] * SUPERSAMPLING), 0)
        draw(ImageDraw.Draw(large), SUPERSAMPLING)
        return large.reduce(SUPERSAMPLING)


def glow(radius: int, color: RGB, strength: float) -> Image.Image:
    """A round light that fades out within `radius` pixels, for `Scene.add_light`."""
    small = Image.radial_gradient("L").point(_glow_table(strength))
    mask = small.resize((max(2, radius * 2),) * 2, Image.Resampling.BILINEAR)
    return Image.merge("RGB", [mask.point(_scale_channel(channel)) for channel in color])


def _glow_table(strength: float) -> list[int]:
    """From 1 at the center of Pillow's radial gradient to 0 at its inscribed circle (gray 180)."""
    return [round(255 * strength * max(0.0, 1 - gray / 180) ** 2.2) for gray in range(256)]


def _scale_channel(channel: int) -> list[int]:
    return [gray * channel // 255 for gray in range(256)]
