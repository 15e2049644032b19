"""Reads whole image files, but no pixels: files that are unsafe to decode are refused here."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.errors import UnreadableImage
from domain.image import Image
from domain.image_formats import ImageFormat, ImageHeader
from domain.image_headers import as_unreadable
from domain.jpeg_segments import read_jpeg
from domain.png_chunks import read_png
from domain.png_contents import check_contents
from domain.webp_chunks import check_webp

MAX_BYTES = 50_000_000
MAX_PIXELS = 50_000_000
"""As RGBA they take 200 MB."""
MAX_SIDE = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLayout:
    """An image whose parts are complete and in order.

    `for_decoder` returns a file of the same pixels, color profile and orientation, with as little
    else as possible. `verified` is true if checksums prove the pixels intact, so that they need
    not be decoded.
    """

    header: ImageHeader
    for_decoder: Callable[[], bytes]
    verified: bool = False


def check_limits(image: Image) -> None:
    """Raise UnreadableImage for an image of too many bytes or pixels. Reads the header only."""
    if len(image.data) > MAX_BYTES:
        raise UnreadableImage(
            f"The image has {len(image.data):,} bytes; the maximum is {MAX_BYTES:,}."
        )
    size = image.dimensions
    if size.pixels > MAX_PIXELS or max(size.width, size.height) > MAX_SIDE:
        raise UnreadableImage(
            f"The image is {size} pixels; the maximum is {MAX_PIXELS:,} pixels in total "
            f"and {MAX_SIDE:,} per side."
        )


def read_layout(image: Image) -> ImageLayout:
    """Read the whole file; raise UnreadableImage with the reason if it is damaged or too large.

    Parts that the format allows once occur once and in their place, the sizes in all parts agree,
    and all compressed texts together are small enough to be inflated. Takes up to 0.4 s for 50 MB.
    """
    check_limits(image)
    return as_unreadable(READERS[image.format], image.data)


def _png(data: bytes) -> ImageLayout:
    png = read_png(data)
    check_contents(png)
    verified = not png.interlaced
    return ImageLayout(header=png.header, for_decoder=png.for_decoder, verified=verified)


def _jpeg(data: bytes) -> ImageLayout:
    jpeg = read_jpeg(data)
    return ImageLayout(header=jpeg.header, for_decoder=jpeg.for_decoder)


def _webp(data: bytes) -> ImageLayout:
    return ImageLayout(header=check_webp(data), for_decoder=lambda: data)


READERS = {ImageFormat.PNG: _png, ImageFormat.JPEG: _jpeg, ImageFormat.WEBP: _webp}
