"""What must be single in an image file is single, in its place, and of the same size everywhere."""

import time
import zlib
from struct import pack

import pytest

from domain.errors import UnreadableImage
from domain.image import Image
from domain.image_layouts import read_layout
from domain.png_contents import MAX_INFLATED
from tests.testkit.fakes import small_image
from tests.unit.image_files import (
    END_OF_JPEG,
    GRAY,
    GRAY_ALPHA,
    PALETTE,
    RGB,
    chunk,
    header,
    in_jpeg,
    jpeg,
    pixels_of_webp,
    png,
    rows,
    segment,
    vp8x,
    webp,
)

COLORS = chunk(b"PLTE", bytes(6))
PROFILE = chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(1_500_000)))
TEXT = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1_500_000)))
LONG_BODY = b"Comment\0\0" + zlib.compress(bytes(5_000_000))
LONG_TEXT = chunk(b"iTXt", b"Comment\0\1\0en\0comment\0" + zlib.compress(bytes(MAX_INFLATED)))
START_OF_FRAME, START_OF_SCAN, TABLES = b"\xff\xc0", b"\xff\xda", b"\xff\xdb"
MANY_SCANS = START_OF_SCAN * 500
PIXELS = pixels_of_webp()


def paletted(*chunks: bytes, color: int = PALETTE) -> bytes:
    return png(header(color=color), *chunks, pixels=zlib.compress(rows(samples=1)))


def split(*between: bytes, size: int = 10) -> bytes:
    """A PNG whose pixels are in two chunks, with other chunks between them."""
    whole = zlib.compress(rows())
    return png(header(), chunk(b"IDAT", whole[:size]), *between, pixels=whole[size:])


def tiny_idats(count: int) -> bytes:
    """A PNG whose pixels are in this many chunks of a byte, and one more."""
    whole = zlib.compress(rows(64, 64, 1) + bytes(0), 0) if count else b""
    parts = [chunk(b"IDAT", whole[at : at + 1]) for at in range(min(count, len(whole) - 1))]
    empty = [chunk(b"IDAT")] * (count - len(parts))
    rest = whole[len(parts) :]
    return png(header(64, 64, GRAY), *parts, *empty, pixels=rest)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(tiny_idats(4_100), id="4,100 IDATs"),
        pytest.param(tiny_idats(100_000), id="100,000 IDATs"),
        pytest.param(png(header(), *[chunk(b"tEXt", b"a\0b")] * 5_000), id="5,000 texts"),
        pytest.param(png(header(), TEXT), id="a text of 1.5 MB"),
        pytest.param(png(header(), TEXT, TEXT, PROFILE), id="texts and a profile of 4.5 MB"),
        pytest.param(png(header()) + png(header(9, 9)), id="an image behind a PNG"),
        pytest.param(png(header(), end=chunk(b"tEXt", b"a\0b")), id="a text after the pixels"),
        pytest.param(png(header(), chunk(b"zTXt", b"a\0\0broken")), id="a text that is no text"),
        pytest.param(
            png(header(), chunk(b"zTXt", LONG_BODY + b"!" * 99)), id="bytes behind a text"
        ),
        pytest.param(png(header(), chunk(b"caBX", b"signed")), id="an ancillary chunk of others"),
        pytest.param(paletted(COLORS, chunk(b"tRNS", b"\0")), id="a palette with alpha"),
        pytest.param(paletted(COLORS, color=GRAY), id="a palette in a gray image"),
        pytest.param(split(), id="two IDATs"),
        pytest.param(png(header(), pixels=zlib.compress(rows(filters=b"\4\3\2\1"))), id="filters"),
        pytest.param(jpeg() + MANY_SCANS, id="FF DA behind a JPEG"),
        pytest.param(jpeg() + jpeg((8, 8)), id="a JPEG behind a JPEG"),
        pytest.param(in_jpeg(TABLES, segment(0xE3, MANY_SCANS)), id="FF DA in metadata"),
        pytest.param(in_jpeg(TABLES, segment(0xE1, b"Exif\0" + jpeg((8, 8)))), id="a thumbnail"),
        pytest.param(in_jpeg(TABLES, segment(0xFE, b"") * 5_000), id="5,000 comments"),
        pytest.param(jpeg(progressive=True), id="a progressive JPEG"),
        pytest.param(jpeg(restart_marker_blocks=1), id="a JPEG with restarts"),
        pytest.param(webp(PIXELS), id="a simple WebP"),
        pytest.param(webp(vp8x(), PIXELS), id="an extended WebP"),
        pytest.param(webp(vp8x(), PIXELS) + b"behind", id="bytes behind a WebP"),
        pytest.param(webp(vp8x(), (b"unkn", b"own"), PIXELS, (b"EXIF", b"x")), id="more chunks"),
        pytest.param(webp(vp8x(), pixels_of_webp(lossless=False)), id="a lossy WebP"),
    ],
)
def test_a_valid_image_is_read(data: bytes) -> None:
    assert read_layout(Image(data)).header == Image(data).header


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(png(header(), header(9, 9)), "second IHDR", id="two headers"),
        pytest.param(png(header(), end=header(9, 9)), "second IHDR", id="a header at the end"),
        pytest.param(png(chunk(b"tEXt"), header()), "does not start", id="a late header"),
        pytest.param(png(chunk(b"IHDR", bytes(14))), "does not start", id="a long header"),
        pytest.param(png(header(color=7)), "no PNG has", id="an unknown color type"),
        pytest.param(png(header(depth=3)), "no PNG has", id="an unknown depth"),
        pytest.param(png(header(0, 8)), "header is damaged", id="no width"),
        pytest.param(png(header(), PROFILE, PROFILE), "second iCCP", id="two profiles"),
        pytest.param(png(header(), end=PROFILE), "iCCP comes after", id="a late profile"),
        pytest.param(paletted(COLORS, COLORS), "second PLTE", id="two palettes"),
        pytest.param(paletted(COLORS, COLORS, color=GRAY), "second PLTE", id="two in a gray image"),
        pytest.param(paletted(), "no palette", id="no palette"),
        pytest.param(paletted(chunk(b"PLTE", bytes(7))), "does not fit", id="a torn palette"),
        pytest.param(
            paletted(chunk(b"tRNS", b"\0"), COLORS), "before its palette", id="early tRNS"
        ),
        pytest.param(paletted(COLORS, *[chunk(b"tRNS", b"\0")] * 2), "second tRNS", id="two tRNS"),
        pytest.param(split(chunk(b"tEXt", b"a\0b")), "splits its pixels", id="split pixels"),
        pytest.param(split(chunk(b"prIV"), size=1), "splits its pixels", id="pixels split early"),
        pytest.param(png(header(), chunk(b"ABCD")), "unknown kind, ABCD", id="an unknown chunk"),
        pytest.param(png(header(), chunk(b"a\0bc")), "unknown kind", id="a name of no letters"),
        pytest.param(
            png(header(), pixels=zlib.compress(rows(filters=b"\0\0\0\5"))),
            "unknown filter",
            id="an unknown filter",
        ),
        pytest.param(png(header())[:-12], "truncated", id="no end"),
        pytest.param(png(header(), LONG_TEXT, TEXT), "64,000,000 bytes", id="texts of 65 MB"),
        pytest.param(png(header(), *[TEXT] * 50), "64,000,000 bytes", id="50 texts"),
        pytest.param(png(header()).replace(b"IEND", b"IENE"), "truncated", id="another end"),
        pytest.param(png(header())[:-1] + b"!", "checksum of IEND", id="a wrong checksum"),
        pytest.param(
            in_jpeg(START_OF_FRAME, segment(0xC0, b"\x08" + pack(">HHB", 9, 9, 0))),
            "second frame",
            id="two frames",
        ),
        pytest.param(
            in_jpeg(END_OF_JPEG, segment(0xC2, b"\x08" + pack(">HHB", 9, 9, 0))),
            "second frame",
            id="a frame after the pixels",
        ),
        pytest.param(in_jpeg(TABLES, b"\xff\xd8"), "second frame", id="a start within"),
        pytest.param(in_jpeg(END_OF_JPEG, segment(0xDA, b"12") * 100), "100 scans", id="scans"),
        pytest.param(in_jpeg(TABLES, b"\xff\xe0\0\1"), "damaged", id="a segment without length"),
        pytest.param(in_jpeg(START_OF_SCAN, END_OF_JPEG), "no pixels", id="a JPEG without pixels"),
        pytest.param(
            in_jpeg(START_OF_FRAME, segment(0xDA, b"123")), "before its header", id="an early scan"
        ),
        pytest.param(webp(vp8x(9), PIXELS), "different sizes", id="another canvas"),
        pytest.param(webp(vp8x(), PIXELS, PIXELS), "second VP8L", id="pixels twice"),
        pytest.param(
            webp(vp8x(), PIXELS, pixels_of_webp(lossless=False)), "second image", id="two images"
        ),
        pytest.param(webp(PIXELS, vp8x()), "second VP8X", id="a late VP8X"),
        pytest.param(webp(vp8x(), vp8x(9), PIXELS), "second VP8X", id="two VP8X"),
        pytest.param(webp(vp8x()), "no pixels", id="no pixels"),
        pytest.param(webp(vp8x(), PIXELS, size=5000), "truncated", id="a long RIFF"),
        pytest.param(webp(vp8x(), PIXELS, size=20), "truncated", id="a short RIFF"),
        pytest.param(webp((b"VP8L", b"!" + PIXELS[1][1:])), "no signature", id="no signature"),
    ],
)
def test_a_broken_image_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableImage, match=message):
        read_layout(Image(data))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(tiny_idats(190_000), id="chunks"),
        pytest.param(jpeg()[:-2] + b"\xff" * 20_000_000, id="fill bytes"),
        pytest.param(jpeg()[:-2] + b"\xff\0" * 10_000_000, id="pixels of a JPEG"),
        pytest.param(jpeg()[:-2] + b"\xff\x01" * 10_000_000, id="markers"),
        pytest.param(webp(vp8x(), *[(b"unkn", b"")] * 1_000_000, PIXELS), id="WebP chunks"),
        pytest.param(png(header(), LONG_TEXT), id="a long text"),
    ],
)
def test_an_endless_image_is_read_or_refused_within_a_second(data: bytes) -> None:
    before = time.thread_time()
    try:
        read_layout(Image(data))
    except UnreadableImage as error:
        assert "too many" in error.message  # noqa: PT017 - both outcomes are right
    assert time.thread_time() - before < 1


def test_a_decoder_gets_no_text() -> None:
    data = png(header(), TEXT, PROFILE, end=chunk(b"tEXt", b"a\0b"))
    assert read_layout(Image(data)).for_decoder() == png(header(), PROFILE)
    plain = jpeg(comment=b"a")
    more = in_jpeg(TABLES, segment(0xE2, b"MPF\0") + segment(0xED, b"Photoshop"), plain)
    assert read_layout(Image(more + b"behind")).for_decoder() == jpeg()


@pytest.mark.parametrize(("color", "samples"), [(GRAY, 1), (GRAY_ALPHA, 2)])
@pytest.mark.parametrize("palette", [COLORS, chunk(b"PLTE"), chunk(b"PLTE", bytes(7))])
def test_a_decoder_gets_no_palette_of_a_gray_image(
    color: int, samples: int, palette: bytes
) -> None:
    pixels = zlib.compress(rows(samples=samples))
    layout = read_layout(Image(png(header(color=color), PROFILE, palette, pixels=pixels)))
    assert layout.for_decoder() == png(header(color=color), PROFILE, pixels=pixels)


def test_a_decoder_gets_the_palette_of_other_images() -> None:
    pixels = zlib.compress(rows(samples=3))
    for data in (paletted(COLORS), png(header(color=RGB), COLORS, pixels=pixels)):
        assert read_layout(Image(data)).for_decoder() == data


def test_every_byte_of_a_simple_image_is_for_the_decoder() -> None:
    for form in ("PNG", "JPEG", "WEBP"):
        data = small_image(form=form).data
        assert read_layout(Image(data)).for_decoder() == data


def test_the_second_image_of_an_mpo_is_ignored() -> None:
    first, second = jpeg(), jpeg((80, 60))
    index = segment(0xE2, b"MPF\0" + bytes(60))
    layout = read_layout(Image(in_jpeg(TABLES, index, first) + second))
    assert layout.for_decoder() == first


def test_rgb_has_no_alpha_unless_a_color_is_transparent() -> None:
    pixels = zlib.compress(rows(samples=3))
    assert not Image(png(header(color=RGB), pixels=pixels)).has_alpha
    assert Image(png(header(color=RGB), chunk(b"tRNS", bytes(6)), pixels=pixels)).has_alpha
