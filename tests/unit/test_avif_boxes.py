"""AVIF headers: the files of this server are read, and all others are refused without harm."""

from io import BytesIO
from random import Random
from struct import pack

import PIL.Image
import pytest

from domain.avif_boxes import MAX_BOXES
from domain.errors import UnreadableImage
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.image_layouts import read_layout

ORIENTATION = 0x0112
NOT_OURS = "This is an AVIF; save it as PNG"


def avif(mode: str = "RGB", size: tuple[int, int] = (40, 24), **options: object) -> bytes:
    """An AVIF that Pillow wrote."""
    out = BytesIO()
    drawn = PIL.Image.linear_gradient("L").resize(size)
    image = drawn.convert(mode)
    if mode == "RGBA":
        image.putalpha(drawn)
    image.save(out, "AVIF", speed=10, **options)
    return out.getvalue()


def box(kind: bytes, body: bytes = b"") -> bytes:
    return pack(">I4s", len(body) + 8, kind) + body


def boxes(*properties: bytes, after: bytes = b"") -> bytes:
    """A file with these properties of its image."""
    inner = box(b"iprp", box(b"ipco", b"".join(properties)))
    return box(b"ftyp", b"avif" + bytes(4)) + box(b"meta", bytes(4) + inner) + after


def ispe(width: int = 4, height: int = 3) -> bytes:
    return box(b"ispe", bytes(4) + pack(">II", width, height))


PIXELS = box(b"mdat", bytes(8))


@pytest.mark.parametrize("size", [(1, 1), (40, 24), (700, 3)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_size_and_alpha_are_read(mode: str, size: tuple[int, int]) -> None:
    image = Image(avif(mode, size))
    assert image.format is ImageFormat.AVIF
    assert str(image.dimensions) == f"{size[0]}x{size[1]}"
    assert image.has_alpha is (mode == "RGBA")
    layout = read_layout(image)
    assert (layout.header, layout.bits, layout.lossy) == (image.header, 8, True)
    assert layout.for_decoder() is layout.without_metadata() is image.data
    assert not layout.verified


def test_the_deepest_channel_counts() -> None:
    deep = boxes(ispe(), box(b"pixi", bytes(4) + b"\x03\x08\x0a\x08"), after=PIXELS)
    assert read_layout(Image(deep)).bits == 10


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(boxes(), id="no size"),
        pytest.param(boxes(ispe(), ispe(5)), id="two sizes"),
        pytest.param(boxes(ispe(), box(b"irot", b"\1")), id="turned"),
        pytest.param(boxes(ispe(), box(b"imir", b"\1")), id="mirrored"),
        pytest.param(boxes(ispe(), box(b"clap", bytes(32))), id="cut"),
        pytest.param(boxes(pack(">I4s", 0, b"ispe")), id="a box up to the end"),
        pytest.param(boxes(pack(">I4s", 1, b"ispe") + bytes(16)), id="a long box"),
        pytest.param(boxes(pack(">I4s", 900, b"ispe")), id="a box beyond its parent"),
        pytest.param(boxes(ispe(), b"\0\0"), id="half a box"),
        pytest.param(boxes(ispe(), box(b"free") * MAX_BOXES), id="too many boxes"),
        pytest.param(box(b"ftyp", b"avif" + bytes(4)) + PIXELS, id="no properties"),
        pytest.param(
            avif(exif=b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"), id="EXIF"
        ),
    ],
)
def test_what_this_server_never_writes_has_no_header(data: bytes) -> None:
    with pytest.raises(UnreadableImage, match=NOT_OURS):
        _ = Image(data).header


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(boxes(ispe()), "a part is missing", id="no pixels"),
        pytest.param(boxes(ispe(), after=PIXELS * 2), "or there twice", id="pixels twice"),
        pytest.param(boxes(ispe(), after=PIXELS) + b"\0", "save it as PNG", id="a byte after it"),
        pytest.param(boxes(ispe(), after=PIXELS + box(b"moov")), "animated", id="an animation"),
        pytest.param(boxes(ispe(20_000, 1), after=PIXELS), "20000x1", id="too wide"),
        pytest.param(boxes(ispe(9000, 9000), after=PIXELS), "50,000,000", id="too many pixels"),
        pytest.param(boxes(ispe(0), after=PIXELS), "damaged", id="no width"),
        pytest.param(boxes(box(b"ispe"), after=PIXELS), "truncated", id="a size without numbers"),
    ],
)
def test_a_file_that_is_unsafe_to_decode_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableImage, match=message):
        read_layout(Image(data))


def test_damaged_boxes_are_read_or_refused_in_time() -> None:
    random, original = Random(1), avif("RGBA")  # noqa: S311 - the same damage each time
    outcomes = set[type]()
    for _ in range(2000):
        data = bytearray(original)
        for _ in range(random.randrange(1, 4)):
            data[random.randrange(12, 400)] = random.choice((0, 1, 255, random.randrange(256)))
        try:
            outcomes.add(type(read_layout(Image(bytes(data)))))
        except UnreadableImage as error:
            outcomes.add(type(error))
    assert len(outcomes) == 2
