"""The chunks of a PNG: one walk gives the header, the order of the chunks and their checksums."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from domain.errors import UnreadableImage
from domain.image_formats import MAX_PARTS, Dimensions, ImageFormat, ImageHeader

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = Struct(">I4sIIBBBBB")
PART_START = Struct(">I4s")
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # per pixel by color type: PNG specification, table 12
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
COLOR_TYPES_WITH_ALPHA = (4, 6)  # PNG specification, table 12: gray + alpha, RGB + alpha
GRAY_COLOR_TYPES = (0, 4)
PALETTE = 3
CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
BEFORE_PIXELS = frozenset(
    {b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"mDCV", b"cLLI"}
    | {b"sBIT", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL"}
)
"""PNG specification (third edition), table 7."""
SINGLE = (BEFORE_PIXELS - {b"sPLT"}) | {b"eXIf", b"tIME"}
FOR_DECODER = CRITICAL | {b"tRNS", b"iCCP", b"eXIf"}
FOR_DISPLAY = CRITICAL | (BEFORE_PIXELS - {b"sPLT", b"acTL"})
"""The chunks that say how pixels are shown, without the orientation, and have no free text."""
PLAIN_COLOR_TYPES = frozenset({0, 2, 6})
Chunk = tuple[bytes, int, int]
"""The name of a chunk, and where its body starts and ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Png:
    """The layout of a PNG that is complete, in order, and has correct checksums."""

    data: bytes
    header: ImageHeader
    row_bytes: int
    """Bytes of a row, with its filter byte."""
    interlaced: bool
    depth: int
    """Bits of a sample."""
    color_type: int
    chunks: tuple[Chunk, ...]

    @property
    def is_plain(self) -> bool:
        """Whether the pixels are 8-bit gray, RGB or RGBA, in rows, without a transparent color."""
        return (
            self.color_type in PLAIN_COLOR_TYPES
            and self.depth == 8
            and not self.interlaced
            and not self._has(b"tRNS")
        )

    @property
    def is_adjusted(self) -> bool:
        """Whether it has an orientation or a color profile."""
        return self._has(b"eXIf", b"iCCP")

    @property
    def frames(self) -> int:
        """The frames of an animation; 1 for a still image."""
        return max([1, *(int.from_bytes(body[:4], "big") for _, body in self.bodies(b"acTL"))])

    def _has(self, *kinds: bytes) -> bool:
        return any(kind in kinds for kind, _, _ in self.chunks)

    def bodies(self, *kinds: bytes) -> Iterator[tuple[bytes, memoryview]]:
        """The names and bodies of the chunks of these kinds, in order."""
        view = memoryview(self.data)
        return ((kind, view[start:end]) for kind, start, end in self.chunks if kind in kinds)

    def for_decoder(self) -> bytes:
        """The same pixels, color profile and orientation, without text and other chunks.

        Also without the palette of a gray image, which decoders ignore.
        """
        return self._only(
            FOR_DECODER - ({b"PLTE"} if self.color_type in GRAY_COLOR_TYPES else set())
        )

    def without_metadata(self) -> bytes:
        """The same pixels and how to show them, but no orientation; the data itself if no more."""
        cleaned = self._only(FOR_DISPLAY)
        return self.data if len(cleaned) == len(self.data) else cleaned

    def _only(self, kinds: frozenset[bytes]) -> bytes:
        view = memoryview(self.data)
        parts = [view[start - 8 : end + 4] for kind, start, end in self.chunks if kind in kinds]
        return b"".join([SIGNATURE, *parts])


def read_header(data: bytes) -> ImageHeader:
    """Read the header, up to the first pixels."""
    length, kind, width, height, depth, color, *methods = HEADER.unpack_from(data, 8)
    if kind != b"IHDR" or length != 13:
        raise UnreadableImage("The PNG does not start with its header chunk.")
    if depth not in DEPTHS.get(color, ()) or not (methods[0] == methods[1] == 0 <= methods[2] <= 1):
        raise UnreadableImage("The PNG's header has values that no PNG has.")
    kinds = _kinds_before_pixels(data)
    return ImageHeader(
        format=ImageFormat.PNG,
        dimensions=Dimensions(width, height),
        has_alpha=color in COLOR_TYPES_WITH_ALPHA or b"tRNS" in kinds,
    )


def read_png(data: bytes) -> Png:
    """Walk all chunks up to the end; raise UnreadableImage for damaged or misplaced parts.

    Bytes after the end are ignored. Takes about a microsecond for each chunk, and one millisecond
    for each megabyte.
    """
    header = read_header(data)
    width, _, depth, color, _, _, interlace = HEADER.unpack_from(data, 8)[2:]
    chunks = tuple(_walk(data))
    if not chunks or chunks[-1][0] != b"IEND":
        raise UnreadableImage("The PNG is truncated.")
    _check_order(chunks, color)
    view, crc32 = memoryview(data), zlib.crc32
    for kind, start, end in chunks:
        if crc32(view[start - 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise UnreadableImage(
                f"The PNG is damaged: the checksum of {_chunk_name(kind)} is wrong."
            )
    row_bytes = 1 + (width * depth * SAMPLES[color] + 7) // 8
    return Png(
        data=data,
        header=header,
        row_bytes=row_bytes,
        interlaced=interlace == 1,
        depth=depth,
        color_type=color,
        chunks=chunks,
    )


def _kinds_before_pixels(data: bytes) -> set[bytes]:
    """The names of the chunks before the pixels, as far as there is data."""
    kinds: set[bytes] = set()
    for kind, _, _ in _walk(data):
        if kind == b"IDAT":
            break
        if kind in kinds and kind in SINGLE:
            raise _duplicate(kind)
        kinds.add(kind)
    return kinds


def _walk(data: bytes) -> Iterator[Chunk]:
    """Yield each complete chunk, including the last one; fewer if the data is truncated."""
    at, size, unpack = len(SIGNATURE), len(data), PART_START.unpack_from
    for _ in range(MAX_PARTS):
        if at + 12 > size:
            return
        length, kind = unpack(data, at)
        start, at = at + 8, at + 12 + length
        if at > size:
            return
        yield kind, start, at - 4
        if kind == b"IEND":
            return
    raise UnreadableImage(f"The PNG has over {MAX_PARTS:,} chunks, too many to be read safely.")


def _check_order(chunks: tuple[Chunk, ...], color: int) -> None:
    seen: set[bytes] = set()
    previous = b""
    for kind, start, end in chunks:
        if kind == b"IDAT":
            if kind in seen and previous != kind:
                raise UnreadableImage("The PNG is damaged: another chunk splits its pixels.")
        else:
            _check_place(kind, seen)
        if kind == b"PLTE" and color not in GRAY_COLOR_TYPES:
            _check_palette(end - start, seen)
        seen.add(kind)
        previous = kind
    if b"IDAT" not in seen:
        raise UnreadableImage("The PNG has no pixels.")
    if color == PALETTE and b"PLTE" not in seen:
        raise UnreadableImage("The PNG has no palette, but its header says that it has.")


def _check_place(kind: bytes, seen: set[bytes]) -> None:
    if kind in seen and kind in SINGLE:
        raise _duplicate(kind)
    if kind in BEFORE_PIXELS and b"IDAT" in seen:
        raise UnreadableImage(f"The PNG is damaged: {_chunk_name(kind)} comes after its pixels.")
    if not kind.isalpha() or (kind[:1].isupper() and kind not in CRITICAL):
        raise UnreadableImage(f"The PNG has a chunk of an unknown kind, {_chunk_name(kind)}.")


def _check_palette(length: int, seen: set[bytes]) -> None:
    if b"tRNS" in seen:
        raise UnreadableImage("The PNG is damaged: tRNS comes before its palette.")
    if length % 3 or not 3 <= length <= 768:
        raise UnreadableImage("The PNG is damaged: its palette does not fit its header.")


def _chunk_name(kind: bytes) -> str:
    return kind.decode("ascii") if kind.isalpha() else repr(kind)[1:]


def _duplicate(kind: bytes) -> UnreadableImage:
    return UnreadableImage(f"The PNG is damaged: it has a second {_chunk_name(kind)} chunk.")
