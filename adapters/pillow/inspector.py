"""Inspects images with Pillow, within limits that are checked before anything is decoded."""

import zlib
from collections.abc import Iterator
from io import BytesIO
from struct import unpack_from

import PIL.Image

from adapters.pillow.thread_pool import ThreadPool
from domain.errors import UnreadableImage
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.image_headers import MAX_CHUNKS

MAX_BYTES = 50_000_000
MAX_PIXELS = 50_000_000
MAX_SIDE = 16_384
MAX_JPEG_SCANS = 100  # the most in 61 real files was 53; 500 take over 20 s to decode
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # per pixel by color type: PNG specification, table 12
FIRST_BYTES = 1 << 18  # take 1 ms to inflate; a whole photograph of 1024x1024 would take 10 ms
PNG_END = b"IEND\xaeB`\x82"  # the last chunk; it has no body, so its checksum never differs
MAX_CONCURRENT = 2  # 50 megapixels of RGBA take 200 MB of memory each


class PillowInspector:
    """An ImageInspector. JPEG, WebP and interlaced PNG images are decoded.

    Other PNGs, which are what providers send, are checked by their checksums, and their pixels
    are inflated and counted up to FIRST_BYTES. At most MAX_CONCURRENT images at once.
    """

    def __init__(self) -> None:
        self._threads = ThreadPool(MAX_CONCURRENT)
        PIL.Image.preinit()  # loads the formats that the first image would otherwise wait for

    async def inspect(self, image: Image, /) -> None:
        await self._threads.run(lambda: _check(image))


def _check(image: Image) -> None:
    _check_limits(image)
    try:
        _check_content(image)
    except UnreadableImage:
        raise
    except Exception as error:
        raise UnreadableImage(
            f"The {image.format.value.upper()} image is damaged or truncated."
        ) from error


def _check_limits(image: Image) -> None:
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
    if image.format is ImageFormat.PNG and sum(1 for _ in _chunks(image.data)) > MAX_CHUNKS:
        raise UnreadableImage(
            f"The PNG has over {MAX_CHUNKS:,} chunks, too many to be read safely."
        )
    if image.format is ImageFormat.JPEG and image.data.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise UnreadableImage(
            f"The JPEG has over {MAX_JPEG_SCANS} scans, too many to be read safely."
        )


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """The name and body of each chunk of a PNG, up to one more than MAX_CHUNKS."""
    view, at = memoryview(data), 8
    for _ in range(MAX_CHUNKS + 1):
        if at + 8 > len(data):
            return
        length, name = unpack_from(">I4s", data, at)
        yield name, view[at + 8 : at + 8 + length]
        at += 12 + length


def _check_content(image: Image) -> None:
    with _open(image) as opened:
        if getattr(opened, "n_frames", 1) > 1:
            raise UnreadableImage("The image is animated. Send a single frame.")
        if image.format is not ImageFormat.PNG:
            opened.load()
            return
        interlaced = opened.info.get("interlace")
        opened.verify()
    if PNG_END not in image.data:
        raise UnreadableImage("The PNG is truncated.")
    if not interlaced:
        _check_first_pixels(image.data)
        return
    with _open(image) as opened:  # again, because Pillow cannot continue after `verify`
        opened.load()


def _open(image: Image) -> PIL.Image.Image:
    return PIL.Image.open(BytesIO(image.data), formats=[image.format.value.upper()])


def _check_first_pixels(data: bytes) -> None:
    """Inflate the beginning of the pixels, or all of a small image, and count the bytes."""
    width, height, depth, color = unpack_from(">IIBB", data, 16)
    expected = height * (1 + (width * depth * SAMPLES[color] + 7) // 8)
    limit = min(expected + 1, FIRST_BYTES)  # one more than expected, to detect too many
    stream, count = zlib.decompressobj(), 0
    for name, body in _chunks(data):
        if name == b"IDAT" and count < limit and not stream.eof:
            count += len(stream.decompress(body, limit - count))
    if count != min(expected, FIRST_BYTES):
        raise UnreadableImage("The PNG has a different number of pixels than its header says.")
