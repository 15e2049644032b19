"""Reads whole image files, but no pixels: files that are unsafe to decode are refused here."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.avif_boxes import read_avif
from domain.errors import UnreadableImage
from domain.image import Image
from domain.image_formats import Dimensions, ImageFormat, ImageHeader
from domain.image_headers import as_unreadable
from domain.jpeg_segments import read_jpeg
from domain.png_chunks import read_png
from domain.png_contents import check_contents
from domain.webp_chunks import read_webp

MAX_BYTES = 50_000_000
MAX_PIXELS = 50_000_000
"""As RGBA they take 200 MB."""
MAX_SIDE = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLayout:
    """An image whose parts are complete and in order.

    `for_decoder` returns a file of the same pixels, color profile and orientation, with as little
    else as possible. `verified` is true if checksums prove the pixels intact, so that they need
    not be decoded. `without_metadata` returns a file of the same pixels and color profile without
    an orientation, texts or anything personal: the data itself if that is all it has. It is for
    `plain` images: 8-bit gray, RGB or RGBA, stored in a way that every service reads. `adjusted` is
    false if no orientation and no color profile changes how the pixels are shown. `lossy` is true
    if the pixels were compressed with a loss. `bits` are those of a channel. `frames` is more than
    1 for an animation.
    """

    header: ImageHeader
    for_decoder: Callable[[], bytes]
    without_metadata: Callable[[], bytes]
    plain: bool
    verified: bool = False
    adjusted: bool = True
    lossy: bool = False
    bits: int = 8
    frames: int = 1


def check_limits(image: Image) -> None:
    """Raise UnreadableImage for an image of too many bytes or pixels. Reads the header only."""
    check_bytes(image.data)
    check_size(image.dimensions)


def check_bytes(data: bytes) -> None:
    """Raise UnreadableImage for too many bytes."""
    if len(data) > MAX_BYTES:
        raise UnreadableImage(
            f"The image has {len(data):,} bytes; the maximum is {MAX_BYTES:,}.",
            hint="Scale the image down, or save it as JPEG.",
        )


def check_size(size: Dimensions) -> None:
    """Raise UnreadableImage for too many pixels."""
    if size.pixels > MAX_PIXELS or max(size.width, size.height) > MAX_SIDE:
        raise UnreadableImage(
            f"The image is {size} pixels; the maximum is {MAX_PIXELS:,} pixels in total "
            f"and {MAX_SIDE:,} per side.",
            hint="Scale the image down.",
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
    return ImageLayout(
        header=png.header,
        for_decoder=png.for_decoder,
        without_metadata=png.without_metadata,
        plain=png.is_plain,
        verified=not png.interlaced,
        adjusted=png.is_adjusted,
        bits=png.depth,
        frames=png.frames,
    )


def _jpeg(data: bytes) -> ImageLayout:
    jpeg = read_jpeg(data)
    return ImageLayout(
        header=jpeg.header,
        for_decoder=jpeg.for_decoder,
        without_metadata=jpeg.without_metadata,
        plain=jpeg.is_plain,
        lossy=True,
        bits=jpeg.depth,
    )


def _webp(data: bytes) -> ImageLayout:
    webp = read_webp(data)
    return ImageLayout(
        header=webp.header,
        for_decoder=webp.for_decoder,
        without_metadata=webp.without_metadata,
        plain=webp.is_plain,
        lossy=webp.is_lossy,
    )


def _avif(data: bytes) -> ImageLayout:
    """Its metadata is not looked for: this server writes none, and inputs are converted."""
    avif = read_avif(data)
    return ImageLayout(
        header=avif.header,
        for_decoder=lambda: data,
        without_metadata=lambda: data,
        plain=False,
        lossy=True,
        bits=avif.bits,
    )


READERS = {
    ImageFormat.PNG: _png,
    ImageFormat.JPEG: _jpeg,
    ImageFormat.WEBP: _webp,
    ImageFormat.AVIF: _avif,
}
