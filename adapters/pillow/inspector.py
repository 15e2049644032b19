"""Looks into pictures with Pillow, within limits that hold before anything is decoded."""

import asyncio
from io import BytesIO
from struct import unpack_from

import PIL.Image

from domain.errors import UnreadableImage
from domain.formats import ImageFormat
from domain.images import Image

MAX_BYTES = 50_000_000
MAX_PIXELS = 50_000_000
MAX_SIDE = 16_384
MAX_PNG_CHUNKS = 4_096  # the most in 422 honest files was 260
MAX_JPEG_SCANS = 100  # the most in 61 honest files was 53; 500 take over 20 s to decode
PNG_END = b"IEND\xaeB`\x82"  # the last chunk, which has no body and so always this checksum
DECODED_AT_ONCE = 2  # 50 megapixels of RGBA are 200 MB in memory each


class PillowInspector:
    """An ImageInspector. PNG is checked by its checksums, JPEG and WebP by decoding them."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(DECODED_AT_ONCE)
        PIL.Image.preinit()  # loads the formats that the first picture would wait for

    async def inspect(self, image: Image, /) -> None:
        _check_limits(image)
        async with self._room:
            await asyncio.to_thread(_check_whole, image)


def _check_limits(image: Image) -> None:
    if len(image.data) > MAX_BYTES:
        raise UnreadableImage(f"The picture has {len(image.data):,} bytes, over {MAX_BYTES:,}.")
    size = image.dimensions
    if size.pixels > MAX_PIXELS or max(size.width, size.height) > MAX_SIDE:
        raise UnreadableImage(
            f"The picture is {size} pixels; {MAX_PIXELS:,} in all and {MAX_SIDE:,} on a side "
            "are the most."
        )
    if image.format is ImageFormat.PNG and _png_chunks(image.data) > MAX_PNG_CHUNKS:
        raise UnreadableImage("The PNG has more parts than any honest picture.")
    if image.format is ImageFormat.JPEG and image.data.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise UnreadableImage("The JPEG has more scans than any honest picture.")


def _png_chunks(data: bytes) -> int:
    at, count = 8, 0
    while at + 8 <= len(data) and count <= MAX_PNG_CHUNKS:
        at += 12 + unpack_from(">I", data, at)[0]
        count += 1
    return count


def _check_whole(image: Image) -> None:
    try:
        _read(image)
    except UnreadableImage:
        raise
    except Exception as error:
        raise UnreadableImage(
            f"The {image.format.value.upper()} picture is broken or cut off."
        ) from error


def _read(image: Image) -> None:
    with PIL.Image.open(BytesIO(image.data), formats=[image.format.value.upper()]) as opened:
        if getattr(opened, "n_frames", 1) > 1:
            raise UnreadableImage("The picture is animated; send a single frame.")
        if image.format is not ImageFormat.PNG:
            opened.load()
            return
        opened.verify()
        if PNG_END not in image.data:
            raise UnreadableImage("The PNG picture has no end.")
