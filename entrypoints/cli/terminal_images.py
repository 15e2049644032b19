"""Draws images in terminals that can show them: kitty's protocol, or sixel as in iTerm2."""

import os
import sys
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:  # loads Pillow
    from textual_image.renderable import SixelImage, TGPImage

MAX_SIDE = 640
"""Pixels of the longer side of an image to draw."""
MAX_COLUMNS = 48
CELL_RATIO = 2
"""A character cell is about twice as high as it is wide."""
MUTE = ("dumb", "linux", "unknown")
"""Values of TERM of terminals that cannot draw, and may print what they are asked."""


class TerminalImages:
    """Draws on standard output. Every question to the terminal is answered within 0.2 s."""

    def __init__(self) -> None:
        self._console = Console()

    @property
    def can_draw(self) -> bool:
        """Whether the terminal says that it shows images. Asks it once; may block for 0.2 s."""
        return _renderable() is not None

    def draw(self, png: bytes, *, width: int, height: int) -> None:
        """Draw an image of these dimensions in pixels, in at most half of the terminal's height."""
        renderable = _renderable()
        if renderable is None:
            return
        by_height = self._console.height // 2 * CELL_RATIO * width // max(1, height)
        columns = max(1, min(self._console.width, MAX_COLUMNS, by_height))
        self._console.print(renderable(BytesIO(png), width=columns, height="auto"))


@cache
def _renderable() -> "type[SixelImage | TGPImage] | None":
    if not _may_ask():
        return None
    try:  # importing it asks the terminal
        from textual_image.renderable import Image, SixelImage, TGPImage
    except Exception:  # noqa: BLE001 - whatever the terminal answers, the image matters more
        return None
    return next((kind for kind in (SixelImage, TGPImage) if kind is Image), None)


def _may_ask() -> bool:
    """Whether there is a terminal to ask, and it does not print the question."""
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    terminal = all(stream is not None and stream.isatty() for stream in streams)
    known = os.environ.get("TERM", "") not in ("", *MUTE) or os.name == "nt"
    return terminal and known and os.environ.get("TERM_PROGRAM") != "Apple_Terminal"
