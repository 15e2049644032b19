"""Real image files of any size, unique per number, at the cost of a copy.

A template is drawn and encoded once per specification. Each file is that template with a comment
of its own in a private part of the file (PNG `tEXt`, JPEG COM, WebP XMP), so nearly all of its
base64 is computed ahead, and nearly all of its digest where the comment is last.
"""

import io
import struct
import zlib
from base64 import b64decode
from binascii import b2a_base64
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from tests.standin.scenery import draw_scene

if TYPE_CHECKING:
    from _hashlib import HASH

_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" id="%012d"/> '


@dataclass(frozen=True, kw_only=True)
class ImageSpec:
    """What to draw; `block` > 1 is a partial made of squares of that many pixels."""

    size: tuple[int, int]
    format: str = "png"
    alpha: bool = False
    compression: int | None = None
    block: int = 1


@dataclass(frozen=True)
class EncodedImage:
    """One image file: its base64, its SHA-256 hex digest and its format."""

    base64: bytes
    digest: str
    format: str

    def halved(self) -> "EncodedImage":
        """The first half of its bytes, which no decoder can complete."""
        data = b64decode(self.base64)
        half = data[: len(data) // 2]
        return EncodedImage(_to_base64(half), sha256(half).hexdigest(), self.format)


@dataclass(frozen=True)
class ImageTemplate:
    """An image file in two pieces; the comment goes between them."""

    format: str
    head: bytes
    tail: bytes

    def with_number(self, number: int) -> EncodedImage:
        """The file of that number (0 to 10^12 - 1); equal numbers give equal bytes."""
        whole, base64, digest = self._prepared
        comment = _comment(self.format, number, len(self.head))
        digest = digest.copy()
        digest.update(comment)
        digest.update(self.tail)
        text = base64 + _to_base64(self.head[whole:] + comment) + self._encoded_tail
        return EncodedImage(text, digest.hexdigest(), self.format)

    @cached_property
    def _prepared(self) -> "tuple[int, bytes, HASH]":
        whole = len(self.head) // 3 * 3
        return whole, _to_base64(self.head[:whole]), sha256(self.head)

    @cached_property
    def _encoded_tail(self) -> bytes:
        return _to_base64(self.tail)


@lru_cache(maxsize=32)
def image_template(spec: ImageSpec) -> ImageTemplate:
    """Draw and encode. The first call takes about 0.2 s per megapixel; all stand-ins share it."""
    data = _draw(spec)
    cut = {"png": len(data) - 12, "jpeg": _after_app0(data), "webp": len(data)}[spec.format]
    head = data[: cut - len(_XMP % 0)] if spec.format == "webp" else data[:cut]
    template = ImageTemplate(spec.format, head, data[cut:])
    template.with_number(0)
    return template


def _draw(spec: ImageSpec) -> bytes:
    image = draw_scene(spec.size, spec.alpha, spec.block)
    file = io.BytesIO()
    quality = 90 if spec.compression is None else spec.compression
    if spec.format == "png":
        image.save(file, "PNG", compress_level=1)
    elif spec.format == "jpeg":
        image.convert("RGB").save(file, "JPEG", quality=quality)
    else:
        image.save(file, "WEBP", quality=quality, method=0, xmp=_XMP % 0)
    return file.getvalue()


def _after_app0(data: bytes) -> int:
    return 4 + int.from_bytes(data[4:6], "big")


def _comment(kind: str, number: int, before: int) -> bytes:
    """The bytes that make a file unique; with `before` they fill whole base64 quartets."""
    if kind == "webp":
        return _XMP % number
    text = b"Comment\0stand-in %012d" % number
    frame = 12 if kind == "png" else 4
    text += b" " * (-(before + frame + len(text)) % 3)
    if kind == "jpeg":
        return b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text
    body = b"tEXt" + text
    return struct.pack(">I", len(text)) + body + struct.pack(">I", zlib.crc32(body))


def _to_base64(data: bytes) -> bytes:
    return b2a_base64(data, newline=False)
