"""The chunks of a WebP: one walk gives the header and the sizes in its parts, which must agree."""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct, unpack_from

from domain.errors import UnreadableImage
from domain.foreign_formats import ONE_FRAME
from domain.image_formats import MAX_PARTS, Dimensions, ImageFormat, ImageHeader

ALPHA_FLAG, ANIMATION_FLAG = 0x10, 0x02  # RFC 9649, section 2.7
EXIF_FLAG, XMP_FLAG = 0x08, 0x04
METADATA_FLAGS = EXIF_FLAG | XMP_FLAG
PART_START = Struct("<4sI")
FRAME = 16  # bytes before the chunks of an animation's frame: RFC 9649, section 2.7.1.1
PIXELS = (b"VP8 ", b"VP8L")
SINGLE = frozenset({b"VP8X", b"ICCP", b"ANIM", b"ALPH", b"EXIF", b"XMP ", *PIXELS})
FOR_DISPLAY = frozenset({b"VP8X", b"ICCP", b"ALPH", *PIXELS})
XMP = b"XMP "
Chunk = tuple[bytes, int, int]
"""The name of a chunk, and where its body starts and ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebP:
    """The layout of a WebP that has one image."""

    data: bytes
    header: ImageHeader
    chunks: tuple[Chunk, ...]

    @property
    def is_plain(self) -> bool:
        """Whether the image is not the only frame of an animation."""
        return not any(kind == b"ANMF" for kind, _, _ in self.chunks)

    @property
    def is_lossy(self) -> bool:
        """Whether its pixels were compressed with a loss."""
        return any(kind == b"VP8 " for kind, _, _ in self.chunks)

    def for_decoder(self) -> bytes:
        """The same without XMP, whose orientation Pillow would read, and viewers do not."""
        if not any(kind == XMP for kind, _, _ in self.chunks):
            return self.data
        return self._only([chunk for chunk in self.chunks if chunk[0] != XMP], XMP_FLAG)

    def without_metadata(self) -> bytes:
        """The same pixels and color profile, but no orientation; the data itself if no more.

        Of a WebP that is plain.
        """
        kept = [chunk for chunk in self.chunks if chunk[0] in FOR_DISPLAY]
        cleaned = self._only(kept, METADATA_FLAGS)
        return self.data if cleaned == self.data else cleaned

    def _only(self, chunks: list[Chunk], dropped_flags: int) -> bytes:
        body = b"".join(self._part(*chunk, dropped_flags) for chunk in chunks)
        return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body

    def _part(self, kind: bytes, start: int, end: int, dropped_flags: int) -> bytes:
        """The chunk with its name, length and padding, and without these flags for metadata."""
        body = self.data[start:end]
        if kind == b"VP8X":
            body = bytes([body[0] & ~dropped_flags]) + body[1:]
        return PART_START.pack(kind, len(body)) + body + bytes(len(body) & 1)


def is_webp(data: bytes) -> bool:
    """Whether the data starts like a WebP."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def read_header(data: bytes) -> ImageHeader:
    """Read the header from the first chunk."""
    kind, start = data[12:16], 20
    if kind == b"VP8X":
        width, height = _three_bytes(data, start + 4) + 1, _three_bytes(data, start + 7) + 1
        alpha = bool(data[start] & ALPHA_FLAG)
    elif kind in PIXELS:
        width, height, alpha = _bitstream(data, kind, start)
    else:
        raise UnreadableImage("The WebP starts with an unknown chunk.")
    return ImageHeader(
        format=ImageFormat.WEBP, dimensions=Dimensions(width, height), has_alpha=alpha
    )


def read_webp(data: bytes) -> WebP:
    """Walk all chunks; raise UnreadableImage for a damaged or animated one.

    Bytes after the end are ignored.
    """
    header = read_header(data)
    size = int.from_bytes(data[4:8], "little") + 8
    if size > len(data):
        raise _truncated()
    chunks = tuple(_walk(data, 12, size))
    kinds = [kind for kind, _, _ in chunks]
    duplicate = next((kind for kind in SINGLE if kinds.count(kind) > 1), None)
    if duplicate or b"VP8X" in kinds[1:]:
        name = (duplicate or b"VP8X").decode().strip()
        raise UnreadableImage(f"The WebP is damaged: it has a second {name} chunk.")
    frames = [chunk for chunk in chunks if chunk[0] == b"ANMF"]
    if len(frames) > 1:
        raise UnreadableImage("The image is animated. Send a single frame.", hint=ONE_FRAME)
    if kinds[0] == b"VP8X" and data[20] & ANIMATION_FLAG:
        _check_frame(data, frames, header)
    else:
        _check_pixels(data, chunks, header.dimensions)
    return WebP(data=data, header=header, chunks=chunks)


def _walk(data: bytes, at: int, end: int) -> Iterator[Chunk]:
    for _ in range(MAX_PARTS):
        if at + 8 > end:
            return
        kind, length = PART_START.unpack_from(data, at)
        start, at = at + 8, at + 8 + length
        if at > end:
            raise _truncated()
        yield kind, start, at
        at += length & 1
    raise UnreadableImage(f"The WebP has over {MAX_PARTS:,} chunks, too many to be read safely.")


def _check_frame(data: bytes, frames: list[Chunk], header: ImageHeader) -> None:
    """Check the only frame of an animation, which lies within its canvas."""
    if not frames or frames[0][2] - frames[0][1] < FRAME:
        raise UnreadableImage("The WebP has no pixels.")
    _, start, end = frames[0]
    left, top = 2 * _three_bytes(data, start), 2 * _three_bytes(data, start + 3)
    size = Dimensions(_three_bytes(data, start + 6) + 1, _three_bytes(data, start + 9) + 1)
    canvas = header.dimensions
    if left + size.width > canvas.width or top + size.height > canvas.height:
        raise _size_mismatch()
    _check_pixels(data, tuple(_walk(data, start + FRAME, end)), size)


def _check_pixels(data: bytes, chunks: tuple[Chunk, ...], size: Dimensions) -> None:
    """Check that there is one bitstream, of this size."""
    pixels = [(kind, start) for kind, start, _ in chunks if kind in PIXELS]
    if len(pixels) != 1:
        count = "no" if not pixels else "a second image among its"
        raise UnreadableImage(f"The WebP has {count} pixels.")
    width, height, _ = _bitstream(data, *pixels[0])
    if (width, height) != (size.width, size.height):
        raise _size_mismatch()


def _bitstream(data: bytes, kind: bytes, start: int) -> tuple[int, int, bool]:
    """Width, height and alpha of a VP8 (RFC 6386, section 9.1) or VP8L (RFC 9649, section 3.4)."""
    if kind == b"VP8L":
        signature, bits = unpack_from("<BI", data, start)
        if signature != 0x2F:
            raise UnreadableImage("The WebP image is damaged: its pixels have no signature.")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    width, height = unpack_from("<HH", data, start + 6)
    if data[start + 3 : start + 6] != b"\x9d\x01\x2a":
        raise UnreadableImage("The WebP image is damaged: its pixels have no signature.")
    return width & 0x3FFF, height & 0x3FFF, False


def _three_bytes(data: bytes, at: int) -> int:
    low, high = unpack_from("<HB", data, at)
    return int(low + (high << 16))


def _truncated() -> UnreadableImage:
    return UnreadableImage("The WebP is truncated.")


def _size_mismatch() -> UnreadableImage:
    return UnreadableImage("The WebP is damaged: its parts have different sizes.")
