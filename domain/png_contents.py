"""Checks the contents of a PNG's chunks: its first pixels, and the size of its texts."""

import zlib

from domain.errors import UnreadableImage
from domain.png_chunks import Png

FIRST_BYTES = 1 << 18  # take 1 ms to inflate; a whole photograph of 1024x1024 would take 10 ms
MAX_INFLATED = 64_000_000
"""Bytes of all texts and the color profile together; they take 0.1 s to inflate."""
INPUT_STEP, OUTPUT_STEP = 1 << 16, 1 << 20
LAST_FILTER = 4  # PNG specification, section 9.2


def check_contents(png: Png) -> None:
    """Raise UnreadableImage for wrong first pixels, and for texts that inflate to too much.

    The pixels are inflated up to FIRST_BYTES, or all of a small image; the bytes are counted, and
    each row must have a filter that exists. The rows of an interlaced image are only checked when
    it is decoded.
    """
    _check_inflated_size(png)
    if not png.interlaced:
        _check_first_pixels(png)


def _check_first_pixels(png: Png) -> None:
    expected = png.header.dimensions.height * png.row_bytes
    limit = min(expected + 1, FIRST_BYTES)  # one more than expected, to detect too many
    rows = _inflate_pixels(png, limit)
    if len(rows) != min(expected, FIRST_BYTES):
        raise UnreadableImage("The PNG has a different number of pixels than its header says.")
    if max(rows[:: png.row_bytes]) > LAST_FILTER:
        raise UnreadableImage("The PNG is damaged: a row of its pixels has an unknown filter.")


def _inflate_pixels(png: Png, limit: int) -> bytearray:
    rows, stream = bytearray(), zlib.decompressobj()
    try:
        for _, body in png.bodies(b"IDAT"):
            rows += stream.decompress(body, limit - len(rows))
            if len(rows) >= limit or stream.eof:
                break
    except zlib.error as error:
        raise UnreadableImage("The PNG image is damaged: its pixels cannot be inflated.") from error
    return rows


def _check_inflated_size(png: Png) -> None:
    left = MAX_INFLATED
    for kind, body in png.bodies(b"zTXt", b"iTXt", b"iCCP"):
        left -= _inflated_size(kind, body, left + 1)
        if left < 0:
            raise UnreadableImage(
                f"The PNG's texts and color profile have over {MAX_INFLATED:,} bytes, "
                "too many to be read safely."
            )


def _inflated_size(kind: bytes, body: memoryview, limit: int) -> int:
    """The bytes of this text or profile, up to `limit`; a damaged part counts as empty."""
    stream, count, compressed = zlib.decompressobj(), 0, _compressed(kind, bytes(body))
    try:
        for at in range(0, len(compressed), INPUT_STEP):
            rest = compressed[at : at + INPUT_STEP]
            while rest and count < limit and not stream.eof:
                count += len(stream.decompress(rest, min(OUTPUT_STEP, limit - count)))
                rest = stream.unconsumed_tail
    except zlib.error:
        pass  # decoders ignore it too
    return count


def _compressed(kind: bytes, body: bytes) -> bytes:
    """The compressed part: after the keyword and, in iTXt, after its language and translation."""
    _, _, rest = body.partition(b"\0")
    if kind != b"iTXt":
        return rest[1:]
    return rest[2:].split(b"\0", 2)[-1] if rest[:1] == b"\1" else b""
