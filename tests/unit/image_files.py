"""Builds image files part by part, valid and broken ones."""

import zlib
from collections.abc import Sequence
from io import BytesIO
from struct import pack

import PIL.Image

from domain.png_chunks import SIGNATURE

GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
END_OF_JPEG = b"\xff\xd9"


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    """A PNG chunk with its checksum."""
    return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))


def header(
    width: int = 8, height: int = 8, color: int = RGBA, *, depth: int = 8, interlaced: bool = False
) -> bytes:
    """An IHDR chunk."""
    return chunk(b"IHDR", pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced))


def png(*chunks: bytes, pixels: bytes | None = None, end: bytes = b"") -> bytes:
    """A PNG of these chunks and its pixels; `end` is between them and its last chunk."""
    body = zlib.compress(rows()) if pixels is None else pixels
    return SIGNATURE + b"".join(chunks) + chunk(b"IDAT", body) + end + chunk(b"IEND")


def rows(width: int = 8, height: int = 8, samples: int = 4, *, filters: bytes = b"\0") -> bytes:
    """The inflated pixels of a PNG; `filters` are those of its rows, in turn."""
    return b"".join(
        filters[y % len(filters) :][:1] + bytes(range(width * samples)) for y in range(height)
    )


def segment(marker: int, body: bytes = b"") -> bytes:
    """A JPEG segment with its length."""
    return bytes([0xFF, marker]) + pack(">H", len(body) + 2) + body


def jpeg(size: tuple[int, int] = (32, 24), **options: object) -> bytes:
    """A JPEG that Pillow wrote."""
    out = BytesIO()
    PIL.Image.linear_gradient("L").resize(size).convert("RGB").save(out, "JPEG", **options)
    return out.getvalue()


def in_jpeg(before: bytes, added: bytes, data: bytes | None = None) -> bytes:
    """A JPEG with bytes added before the first occurrence of others."""
    whole = jpeg() if data is None else data
    at = whole.index(before)
    return whole[:at] + added + whole[at:]


def webp(*chunks: tuple[bytes, bytes], size: int | None = None) -> bytes:
    """A WebP of these chunks; `size` replaces the size in its RIFF header."""
    body = b"".join(
        kind + pack("<I", len(data)) + data + bytes(len(data) & 1) for kind, data in chunks
    )
    return b"RIFF" + pack("<I", len(body) + 4 if size is None else size) + b"WEBP" + body


def webp_chunks(data: bytes) -> Sequence[tuple[bytes, bytes]]:
    """The names and bodies of the chunks of a WebP."""
    chunks, at = list[tuple[bytes, bytes]](), 12
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        chunks.append((data[at : at + 4], data[at + 8 : at + 8 + length]))
        at += 8 + length + (length & 1)
    return chunks


def pixels_of_webp(size: tuple[int, int] = (8, 8), *, lossless: bool = True) -> tuple[bytes, bytes]:
    """The chunk of pixels of a WebP that Pillow wrote."""
    out = BytesIO()
    PIL.Image.new("RGB", size, "teal").save(out, "WEBP", lossless=lossless)
    return webp_chunks(out.getvalue())[0]


def vp8x(width: int = 8, height: int = 8, flags: int = 0) -> tuple[bytes, bytes]:
    """A VP8X chunk."""
    return b"VP8X", bytes([flags, 0, 0, 0]) + pack("<I", width - 1)[:3] + pack("<I", height - 1)[:3]
