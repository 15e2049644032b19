"""Single hostile and unusual images, each with its siblings, and what is right for them."""

import zlib
from collections import Counter
from io import BytesIO
from pathlib import Path
from struct import pack

import PIL.Image
import pytest

from domain.image import Image
from tests.hostile.image_trial import image_trial
from tests.unit.image_files import (
    END_OF_JPEG,
    GRAY,
    chunk,
    header,
    in_jpeg,
    jpeg,
    pixels_of_webp,
    png,
    segment,
    vp8x,
    webp,
)

pytestmark = pytest.mark.anyio
SIDE = 13_370  # 178.8 megapixels, just below Pillow's own limit
TABLES, START_OF_FRAME = b"\xff\xdb", b"\xff\xc0"
LARGE_FRAME = segment(0xC0, b"\x08" + pack(">HHB", SIDE, SIDE, 3) + b"\1\x11\0\2\x11\0\3\x11\0")
LARGE_VP8L = b"VP8L", b"\x2f" + pack("<I", SIDE - 1 | (SIDE - 1) << 14) + bytes(30)
A_TEXT = chunk(b"tEXt", b"a\0b")
GRAY_ROWS = zlib.compress((b"\0" + bytes(range(64))) * 64, 0)
MEGABYTES = zlib.compress(bytes(1_500_000))
TOO_MUCH = zlib.compress(bytes(65_000_000))


def large_pixels() -> bytes:
    """The compressed pixels of SIDE x SIDE in RGBA, interlaced: 700 kB that are 715 MB."""
    stream, out = zlib.compressobj(9), list[bytes]()
    for _ in range(716):
        out.append(stream.compress(bytes(1_000_000)))
    return b"".join([*out, stream.flush()])


def gray(*chunks: bytes, pixels: bytes = GRAY_ROWS, end: bytes = b"") -> bytes:
    return png(header(64, 64, GRAY), *chunks, pixels=pixels, end=end)


def idats(count: int, size: int) -> list[bytes]:
    return [
        chunk(b"IDAT", GRAY_ROWS[at : at + size])
        for at in range(0, count * size, size or 1)[:count]
    ]


def mpo(images: int) -> bytes:
    first, *others = (PIL.Image.linear_gradient("L").resize((64, 48)) for _ in range(images))
    out = BytesIO()
    first.save(out, "MPO", save_all=True, append_images=others)
    return out.getvalue()


def with_filter(number: int, row: int) -> bytes:
    lines = bytearray((b"\0" + bytes(range(64))) * 64)
    lines[65 * row] = number
    return gray(pixels=zlib.compress(bytes(lines)))


ACCEPTED = {
    "an MPO of two images": mpo(2),
    "an MPO of three images": mpo(3),
    "a JPEG whose MPO index is broken": in_jpeg(
        TABLES, segment(0xE2, b"MPF\0II*\0" + b"\xff" * 40)
    ),
    "a PNG behind a JPEG": jpeg() + gray(),
    "FF DA behind a JPEG": jpeg() + b"\xff\xda" * 101,
    "FF DA in metadata": in_jpeg(TABLES, segment(0xED, b"\xff\xda" * 500)),
    "FF DA in a thumbnail": in_jpeg(TABLES, segment(0xE1, b"Exif\0\0" + b"\xff\xda" * 101)),
    "a frame in a thumbnail": in_jpeg(TABLES, segment(0xE1, b"Exif\0\0\xff\xd8" + LARGE_FRAME)),
    "4,100 IDATs": gray(*idats(4_100, 1), pixels=GRAY_ROWS[4_100:]),
    "20,000 empty IDATs": gray(*[chunk(b"IDAT")] * 20_000),
    "5,000 texts": gray(*[A_TEXT] * 5_000),
    "5,000 comments": in_jpeg(TABLES, segment(0xFE, b"a") * 5_000),
    "zTXt of 1.5 MB": gray(chunk(b"zTXt", b"a\0\0" + MEGABYTES)),
    "iTXt of 1.5 MB": gray(chunk(b"iTXt", b"a\0\1\0\0\0" + MEGABYTES)),
    "iCCP of 1.5 MB": gray(chunk(b"iCCP", b"a\0\0" + MEGABYTES)),
    "tEXt of 1.5 MB": gray(chunk(b"tEXt", b"a\0" + b"b" * 1_500_000), end=A_TEXT),
    "IDATs behind a text": gray(A_TEXT, *idats(2, 10), pixels=GRAY_ROWS[20:]),
}
REFUSED = {
    "IHDR after the pixels": gray(end=header(SIDE, SIDE)),
    "two SOF": in_jpeg(START_OF_FRAME, LARGE_FRAME),
    "SOF after the pixels": in_jpeg(END_OF_JPEG, LARGE_FRAME),
    "a small VP8X": webp(vp8x(8, 8), LARGE_VP8L),
    "a large VP8X": webp(vp8x(SIDE, SIDE), pixels_of_webp()),
    "a VP8L of 178 megapixels": webp(LARGE_VP8L),
    "1,000 profiles": gray(*[chunk(b"iCCP", b"a\0\0" + MEGABYTES)] * 1_000),
    "zTXt of 65 MB": gray(chunk(b"zTXt", b"a\0\0" + TOO_MUCH)),
    "50 zTXt": gray(*[chunk(b"zTXt", b"a\0\0" + MEGABYTES)] * 50),
    "IDATs split by a text": gray(*idats(1, 10), A_TEXT, pixels=GRAY_ROWS[10:]),
    "IDATs split by a chunk of others": gray(*idats(1, 10), chunk(b"prIv"), pixels=GRAY_ROWS[10:]),
    "IDATs split by a palette": gray(*idats(1, 10), chunk(b"PLTE"), pixels=GRAY_ROWS[10:]),
    "filter 5 in row 0": with_filter(5, 0),
    "filter 255 in row 63": with_filter(255, 63),
    "101 scans": in_jpeg(END_OF_JPEG, segment(0xDA, b"\1\1\0\0\x3f\0") * 100),
}


def two_headers() -> bytes:
    """The bomb of 695 kB whose first header has 16x16 pixels and whose second has 178 million."""
    small, large = (header(side, side, 6, interlaced=True) for side in (16, SIDE))
    return png(small, large, pixels=large_pixels())


async def test_every_case_has_the_right_outcome(tmp_path: Path, counts: Counter[str]) -> None:
    async with image_trial(tmp_path, counts) as trial:
        for name, data in ACCEPTED.items():
            outcomes = await trial.as_every_role(name, data)
            assert (outcomes["input"], outcomes["reply"]) == ("accepted", "accepted"), name
            assert trial.counts["views"] >= 2 * trial.counts["reply accepted"], name
        for name, data in {"two IHDR": two_headers(), **REFUSED}.items():
            outcomes = await trial.as_every_role(name, data)
            assert outcomes["input"] == "unreadable_image", name
            assert outcomes["mask"] == "unreadable_image", name
            assert outcomes["reply"] == "bad_provider_reply", name


@pytest.mark.hostile
async def test_many_bombs_at_once_take_no_memory(tmp_path: Path, counts: Counter[str]) -> None:
    bomb = two_headers()
    async with image_trial(tmp_path, counts) as trial:
        await trial.try_all([("two IHDR", bomb)] * 48, at_once=24)
    assert trial.counts["input unreadable_image"] == 48


@pytest.mark.hostile
async def test_a_png_of_8_kb_chunks_and_40_mb_is_accepted(
    tmp_path: Path, counts: Counter[str]
) -> None:
    noise = PIL.Image.effect_noise((4000, 3300), 90)
    image = PIL.Image.merge("RGB", [noise] * 3)
    pixels = zlib.compress(b"".join(b"\0" + row for row in _rows(image)), 0)
    parts = [chunk(b"IDAT", pixels[at : at + 8192]) for at in range(0, len(pixels), 8192)]
    data = png(header(4000, 3300, 2), *parts[:-1], pixels=pixels[(len(parts) - 1) * 8192 :])
    assert len(parts) > 4_096
    async with image_trial(tmp_path, counts) as trial:
        outcomes = await trial.as_every_role("a large PNG", data)
    assert (outcomes["input"], outcomes["reply"]) == ("accepted", "accepted")


def _rows(image: PIL.Image.Image) -> list[bytes]:
    data, width = image.tobytes(), 3 * image.width
    return [data[at : at + width] for at in range(0, len(data), width)]


async def test_a_reply_whose_pixels_are_wrong_late_is_delivered_with_a_note(
    tmp_path: Path, counts: Counter[str]
) -> None:
    rows = bytearray((b"\0" + bytes(1000)) * 1000)
    rows[1001 * 900] = 5  # behind the first 256 kB
    data = png(header(1000, 1000, GRAY), pixels=zlib.compress(bytes(rows)))
    async with image_trial(tmp_path, counts) as trial:
        trial.provider.replies["a bridge"] = data
        reply = await trial.client.post("/images", {"prompt": "a bridge", "format": "jpeg"})
        shown = await trial.client.request("GET", f"/images/{Image(data).id}/thumb")
    assert reply.status == 201
    assert b"no rendition could be made: it cannot be decoded or encoded" in reply.body
    assert shown.body == data
    assert shown.headers["cache-control"] == "public, max-age=60"
