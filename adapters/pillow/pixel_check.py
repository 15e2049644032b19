"""A job of a worker: decodes an image to check that its pixels are intact."""

from adapters.pillow.frames import Facts, Message
from adapters.pillow.opening import open_image
from domain.image import Image


def check_pixels(_: Facts, data: bytes) -> Message:
    """Decode the image; raise UnreadableImage, or whatever Pillow raises for damaged pixels."""
    with open_image(Image(data)) as opened:
        opened.load()
    return {}, b""
