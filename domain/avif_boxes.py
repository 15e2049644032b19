"""The boxes of an AVIF (ISO/IEC 14496-12): one plain image, as this server writes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from domain.errors import UnreadableImage
from domain.foreign_formats import ONE_FRAME, describe
from domain.image_formats import Dimensions, ImageFormat, ImageHeader

BOX_START = Struct(">I4s")
SIZE = Struct(">II")
MAX_BOXES = 100
"""In one box; this server's files have at most 8."""
FULL_BOX = 4
"""Bytes of version and flags, with which some boxes start."""
ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"
TRANSFORMS = frozenset({b"irot", b"imir", b"clap"})
Box = tuple[bytes, int, int]
"""The name of a box, and where its body starts and ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Avif:
    """The header of an AVIF whose boxes are complete, and the bits of its deepest channel."""

    header: ImageHeader
    bits: int


def is_avif(data: bytes) -> bool:
    """Whether the data starts like an AVIF that is not an animation."""
    return data[4:12] == b"ftypavif"


def read_header(data: bytes) -> ImageHeader:
    """Read the header from the boxes before the pixels.

    Raises UnreadableImage for what this server never writes: an image that is shown turned or cut,
    parts of different sizes, and boxes of 4 GB or without a length.
    """
    header, _ = _read_properties(data)
    return header


def read_avif(data: bytes) -> Avif:
    """Walk all boxes; raise UnreadableImage for a damaged or animated file."""
    header, bits = _read_properties(data)
    kinds = [kind for kind, _, _ in _walk(data, 0, len(data))]
    if b"moov" in kinds:
        raise UnreadableImage("The image is animated. Send a single frame.", hint=ONE_FRAME)
    if any(kinds.count(kind) != 1 for kind in (b"ftyp", b"meta", b"mdat")):
        raise UnreadableImage("The AVIF is damaged: a part is missing, or there twice.")
    return Avif(header=header, bits=bits)


def _read_properties(data: bytes) -> tuple[ImageHeader, int]:
    """The header, and the bits of the deepest channel."""
    _, start, end = _find(data, b"meta", 0, len(data))
    _, start, end = _find(data, b"iprp", start + FULL_BOX, end)
    _, start, end = _find(data, b"ipco", start, end)
    properties = list(_walk(data, start, end))
    sizes = {
        SIZE.unpack(data[at + FULL_BOX : to]) for kind, at, to in properties if kind == b"ispe"
    }
    if len(sizes) != 1 or any(kind in TRANSFORMS for kind, _, _ in properties):
        raise UnreadableImage(describe(data))
    ((width, height),) = sizes
    auxiliary = [data[at + FULL_BOX : to] for kind, at, to in properties if kind == b"auxC"]
    depths = [data[at + FULL_BOX + 1 : to] for kind, at, to in properties if kind == b"pixi"]
    header = ImageHeader(
        format=ImageFormat.AVIF,
        dimensions=Dimensions(width, height),
        has_alpha=ALPHA in auxiliary,
    )
    return header, max(b"".join(depths), default=8)


def _find(data: bytes, name: bytes, at: int, end: int) -> Box:
    """The first box of this name."""
    found = next((box for box in _walk(data, at, end) if box[0] == name), None)
    if found is None:
        raise UnreadableImage(describe(data))
    return found


def _walk(data: bytes, at: int, end: int) -> Iterator[Box]:
    """The boxes that fill these bytes."""
    for _ in range(MAX_BOXES):
        if at == end:
            return
        if at + BOX_START.size > end:
            break
        length, kind = BOX_START.unpack_from(data, at)
        start, at = at + BOX_START.size, at + length
        if at < start or at > end:
            break
        yield kind, start, at
    raise UnreadableImage(describe(data))
