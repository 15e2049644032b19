"""The segments of a JPEG: one walk gives the header and where the image ends."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import unpack_from

from domain.errors import UnreadableImage
from domain.image_formats import MAX_PARTS, Dimensions, ImageFormat, ImageHeader

SIGNATURE = b"\xff\xd8\xff"
START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # ITU T.81, table B.1
START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN = 0xD8, 0xD9, 0xDA
NEXT_MARKER = re.compile(rb"\xff{1,4096}+([^\xff])", re.DOTALL)  # fill bytes, T.81 section B.1.1.2
MARKER_AFTER_PIXELS = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
"""FF 00 is a byte of pixels, FF D0 to FF D7 are restarts among them: T.81 section B.1.1.5."""
STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
MAX_SCANS = 100  # the most in 61 real files was 53; 500 take over 20 s to decode
APPLICATION, EXIF, COMMENT = frozenset(range(0xE0, 0xF0)), 0xE1, 0xFE
FOR_DECODER = {0xE0: b"JFIF\0", 0xE1: b"Exif\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""The application segments that change how pixels are shown."""
JFIF, JFIF_LENGTH = 0xE0, 16
"""A longer JFIF segment has a thumbnail, which may show what was cut off the image."""
PLAIN_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended and progressive, with Huffman codes: the kinds that every decoder reads."""
PLAIN_COMPONENTS = (1, 3)  # gray, and YCbCr or RGB; four are CMYK or YCCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Jpeg:
    """The layout of a JPEG that has one frame and few enough scans."""

    data: bytes
    header: ImageHeader
    segments: tuple[tuple[int, int, int], ...]
    """Each one's marker, the offset of the marker, and where its parameters end."""

    @property
    def is_plain(self) -> bool:
        """Whether the pixels are 8-bit gray or color, stored in a way that every decoder reads."""
        marker, components = self.data[self._frame + 1], self.data[self._frame + 9]
        return marker in PLAIN_FRAMES and self.depth == 8 and components in PLAIN_COMPONENTS

    @property
    def depth(self) -> int:
        """Bits of a sample; few decoders read others than 8."""
        return self.data[self._frame + 4]

    @property
    def _frame(self) -> int:
        return next(start for marker, start, _ in self.segments if marker in START_OF_FRAME)

    def for_decoder(self) -> bytes:
        """The same pixels, color profile and orientation, without other metadata or images."""
        return self._without(lambda marker, start: self._is_metadata(marker, start))

    def without_metadata(self) -> bytes:
        """The same pixels and color profile, but no orientation; the data itself if no more."""
        cleaned = self._without(
            lambda marker, start: marker == EXIF or self._is_metadata(marker, start)
        )
        return self.data if len(cleaned) == len(self.data) else cleaned

    def _without(self, dropped: Callable[[int, int], bool]) -> bytes:
        view, parts, at = memoryview(self.data), list[memoryview](), 0
        for marker, start, end in self.segments:
            if dropped(marker, start):
                parts.append(view[at:start])
                at = end
        return b"".join([*parts, view[at : self.segments[-1][2]]])

    def _is_metadata(self, marker: int, start: int) -> bool:
        name = FOR_DECODER.get(marker)
        if marker == JFIF and int.from_bytes(self.data[start + 2 : start + 4]) > JFIF_LENGTH:
            return True
        if marker in APPLICATION:
            return name is None or not self.data.startswith(name, start + 4)
        return marker == COMMENT


def read_header(data: bytes) -> ImageHeader:
    """Read the header, up to the start of the frame."""
    for marker, start, _ in _walk(data):
        if marker in START_OF_FRAME:
            return _frame(data, start)
    raise _damaged()


def read_jpeg(data: bytes) -> Jpeg:
    """Walk all segments up to the end of the image; raise UnreadableImage for a damaged one.

    Bytes after the end, such as further images, are ignored. Takes about a microsecond for each
    segment, and a few milliseconds for each megabyte.
    """
    segments = tuple(_walk(data))
    markers = [marker for marker, _, _ in segments]
    frames = [start for marker, start, _ in segments if marker in START_OF_FRAME]
    if len(frames) > 1 or START_OF_IMAGE in markers:
        raise UnreadableImage("The JPEG is damaged: it has a second frame within its first image.")
    if not frames or START_OF_SCAN not in markers:
        raise UnreadableImage("The JPEG has no pixels.")
    if markers.index(START_OF_SCAN) < markers.index(data[frames[0] + 1]):
        raise UnreadableImage("The JPEG is damaged: its pixels come before its header.")
    if markers.count(START_OF_SCAN) > MAX_SCANS:
        raise UnreadableImage(f"The JPEG has over {MAX_SCANS} scans, too many to be read safely.")
    return Jpeg(data=data, header=_frame(data, frames[0]), segments=segments)


def _frame(data: bytes, start: int) -> ImageHeader:
    height, width = unpack_from(">HH", data, start + 5)
    return ImageHeader(
        format=ImageFormat.JPEG, dimensions=Dimensions(width, height), has_alpha=False
    )


def _walk(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield each segment, including the end of the image; if that is missing, as one at the end."""
    at, find = 2, NEXT_MARKER.match
    for _ in range(MAX_PARTS):
        found = find(data, at)
        if found is None and find == MARKER_AFTER_PIXELS.search:
            yield END_OF_IMAGE, len(data), len(data)
            return
        if found is None:
            raise _damaged()
        marker, end = found[1][0], found.end()
        if marker not in STANDALONE and marker not in (START_OF_IMAGE, END_OF_IMAGE):
            (length,) = unpack_from(">H", data, end)
            if length < 2:
                raise _damaged()
            end += length
        yield marker, found.end() - 2, end
        if marker == END_OF_IMAGE:
            return
        if marker == START_OF_SCAN:
            find = MARKER_AFTER_PIXELS.search
        at = end
    raise UnreadableImage(f"The JPEG has over {MAX_PARTS:,} segments, too many to be read safely.")


def _damaged() -> UnreadableImage:
    return UnreadableImage("The JPEG's segments are damaged or truncated.")
