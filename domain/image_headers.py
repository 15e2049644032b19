"""Reads format, dimensions and alpha from the first bytes of PNG, JPEG, WebP and AVIF images."""

import struct
from collections.abc import Callable
from typing import TypeVar

from domain import avif_boxes, jpeg_segments, png_chunks, webp_chunks
from domain.errors import InvalidRequest, UnreadableImage
from domain.foreign_formats import decodable_format, describe
from domain.image_formats import ImageFormat, ImageHeader

T = TypeVar("T")


def read_header(data: bytes) -> ImageHeader:
    """Read the header, but no pixels; raise UnreadableImage unless it is PNG, JPEG or WebP.

    An AVIF has a header if it is as plain as this server writes it.
    """
    form = _format(data)
    if form is None:
        raise UnreadableImage(describe(data))
    return as_unreadable(HEADER_READERS[form], data)


def check_signature(data: bytes) -> None:
    """Raise UnreadableImage unless the data begins like a format that a server may decode.

    The first 1,024 bytes are enough.
    """
    if _format(data) is None and decodable_format(data) is None:
        raise UnreadableImage(describe(data))


def as_unreadable(read: Callable[[bytes], T], data: bytes) -> T:
    """Read the data; turn any error that damaged data causes into UnreadableImage."""
    try:
        return read(data)
    except UnreadableImage:
        raise
    except InvalidRequest as error:
        raise UnreadableImage(f"The image's header is damaged. {error.message}") from error
    except (struct.error, IndexError) as error:
        raise UnreadableImage("The image is truncated within its header.") from error


def _format(data: bytes) -> ImageFormat | None:
    if data.startswith(png_chunks.SIGNATURE):
        return ImageFormat.PNG
    if data.startswith(jpeg_segments.SIGNATURE):
        return ImageFormat.JPEG
    if avif_boxes.is_avif(data):
        return ImageFormat.AVIF
    return ImageFormat.WEBP if webp_chunks.is_webp(data) else None


HEADER_READERS = {
    ImageFormat.PNG: png_chunks.read_header,
    ImageFormat.JPEG: jpeg_segments.read_header,
    ImageFormat.WEBP: webp_chunks.read_header,
    ImageFormat.AVIF: avif_boxes.read_header,
}
