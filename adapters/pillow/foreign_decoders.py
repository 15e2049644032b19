"""Opens HEIC and AVIF images, where a decoder is installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import PIL.Image
from PIL import features

from adapters.pillow.opening import THREADS
from domain.errors import UnreadableImage
from domain.foreign_formats import ONE_FRAME, describe
from domain.image_formats import Dimensions
from domain.image_layouts import check_size


@contextmanager
def open_foreign(data: bytes, form: str) -> Iterator[PIL.Image.Image]:
    """Open an `AVIF` or `HEIC`, whose pixels are decoded at first use.

    Raises UnreadableImage if no decoder is installed, beyond the limits, and for an animation.
    """
    plugin = DECODERS[form](data)
    with PIL.Image.open(BytesIO(data), formats=[plugin]) as opened:
        check_size(Dimensions(*opened.size))
        if form == "AVIF" and getattr(opened, "is_animated", False):
            raise UnreadableImage("The image is animated. Send a single frame.", hint=ONE_FRAME)
        yield opened


def _heif(data: bytes) -> str:
    try:
        import pillow_heif
    except ImportError:
        raise UnreadableImage(
            describe(data), hint="Or install this server with the extra `heic`, which reads HEIC."
        ) from None
    pillow_heif.register_heif_opener(thumbnails=False, decode_threads=THREADS)
    return "HEIF"


def _avif(data: bytes) -> str:
    if not features.check("avif"):
        raise UnreadableImage(describe(data))
    return "AVIF"


DECODERS = {"AVIF": _avif, "HEIC": _heif}
