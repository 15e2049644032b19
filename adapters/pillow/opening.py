"""Opens images: the only place where this adapter passes bytes from outside to Pillow."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import PIL.Image
import PIL.PngImagePlugin
from PIL import AvifImagePlugin

from domain.errors import UnreadableImage
from domain.image import Image
from domain.image_layouts import read_layout
from domain.png_contents import MAX_INFLATED

THREADS = 2
"""Threads of an AVIF or HEIC decoder. Each reserves up to 64 MB of a worker's address space, which
is limited."""
AvifImagePlugin.DEFAULT_MAX_THREADS = THREADS
PIL.PngImagePlugin.MAX_TEXT_CHUNK = (
    MAX_INFLATED  # `read_layout` has checked the total, with color profiles
)


@contextmanager
def open_image(image: Image) -> Iterator[PIL.Image.Image]:
    """Open the image, whose pixels are decoded at first use; its text and comments are left out.

    Raises UnreadableImage before any pixel is decoded: beyond the limits, for parts that are
    damaged or out of order, and if Pillow reads another size than the header has.
    """
    layout = read_layout(image)
    name, size = layout.header.format.value.upper(), layout.header.dimensions
    with PIL.Image.open(BytesIO(layout.for_decoder()), formats=[name]) as opened:
        if opened.size != (size.width, size.height):
            raise UnreadableImage("The image is damaged: its parts have different sizes.")
        yield opened
