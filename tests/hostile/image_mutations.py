"""Seeded mutations of image files that know their chunks and segments."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from random import Random
from struct import pack, unpack_from

import PIL.Image

from domain.jpeg_segments import read_jpeg
from domain.png_chunks import SIGNATURE
from tests.unit.image_files import chunk, png, vp8x, webp_chunks

SIDES = (1, 2, 8, 63, 64, 1024, 7000, 16_384, 46_341, 65_535, 1 << 30)
LENGTHS = (0, 1, 2, 13, 255, 65_535, 1 << 24, (1 << 31) - 1, (1 << 32) - 1)
CHANGES_OF_A_FILE = (1, 1, 1, 2, 3)
BOMB = zlib.compress(bytes(20_000_000), 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A chunk or segment: its kind, its body, and the length in the file if that is not true."""

    kind: bytes
    body: bytes
    length: int | None = None


Parts = list[Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An image file in parts."""

    form: str
    parts: Sequence[Part]
    end: bytes = b""

    def data(self, random: Random) -> bytes:
        """The bytes of the file; now and then a checksum or the total size is wrong."""
        return WRITERS[self.form](self, random) + self.end


def mutation(seed: int) -> tuple[str, bytes]:
    """The names of the changes, and a file with those changes: one of the originals, mutated."""
    random = Random(seed)  # noqa: S311 - repeatable
    file = random.choice(originals())
    names = [file.form]
    for _ in range(random.choice(CHANGES_OF_A_FILE)):
        name, change = random.choice(CHANGES)
        names.append(name)
        file = replace(file, parts=change(list(file.parts), random, file.form))
    data = file.data(random)
    if random.random() < 0.1:
        data = data[: random.randrange(len(data) + 1)]
        names.append("cut")
    if random.random() < 0.1:
        data += random.choice([random.randbytes(50), *(each.data(random) for each in originals())])
        names.append("with more behind it")
    return " ".join(names), data


@cache
def originals() -> tuple[File, ...]:
    """The same in parts."""
    return tuple(_split(data) for data in original_files())


@cache
def original_files() -> list[bytes]:
    """Valid images of all formats and of many kinds."""
    noise = PIL.Image.effect_noise((64, 48), 60)
    color = PIL.Image.merge("RGB", [noise, noise.transpose(PIL.Image.Transpose.ROTATE_180), noise])
    alpha = color.copy()
    alpha.putalpha(PIL.Image.linear_gradient("L").resize((64, 48)))
    exif = color.getexif()
    exif[0x0112] = 6
    profile = bytes(3000)
    return [
        _saved(color, "PNG", icc_profile=profile, exif=exif),
        _saved(alpha, "PNG"),
        _saved(color.quantize(16), "PNG", transparency=3),
        _saved(noise.convert("1"), "PNG"),
        _saved(noise.convert("I;16"), "PNG"),
        _interlaced(),
        _saved(color, "JPEG", icc_profile=profile, exif=exif),
        _saved(color, "JPEG", progressive=True, comment="a comment"),
        _saved(noise, "JPEG", restart_marker_blocks=2),
        _saved(color.convert("CMYK"), "JPEG"),
        _saved(color, "WEBP"),
        _saved(color, "WEBP", lossless=True),
        _saved(alpha, "WEBP", icc_profile=profile, exif=exif),
        _saved(alpha, "WEBP", lossless=True, xmp=b"<x/>"),
        _saved(color, "WEBP", save_all=True, append_images=[noise.convert("RGB")]),
    ]


def _saved(image: PIL.Image.Image, form: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def _interlaced() -> bytes:
    """8x8 pixels of gray in the seven passes of Adam7."""
    passes = ((1, 1), (1, 1), (1, 2), (2, 2), (2, 4), (4, 4), (4, 8))  # rows, pixels of a row
    rows = b"".join((b"\0" + bytes(range(width))) * height for height, width in passes)
    ihdr = chunk(b"IHDR", pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1))
    return png(ihdr, pixels=zlib.compress(rows))


def _split(data: bytes) -> File:
    if data.startswith(SIGNATURE):
        return File(form="PNG", parts=_png_parts(data))
    if data.startswith(b"RIFF"):
        parts = [Part(kind=kind, body=body) for kind, body in webp_chunks(data)]
        return File(form="WEBP", parts=parts)
    return File(form="JPEG", parts=_jpeg_parts(data))


def _png_parts(data: bytes) -> Parts:
    parts, at = Parts(), len(SIGNATURE)
    while at < len(data):
        length, kind = unpack_from(">I4s", data, at)
        parts.append(Part(kind=kind, body=data[at + 8 : at + 8 + length]))
        at += 12 + length
    return parts


def _jpeg_parts(data: bytes) -> Parts:
    """The segments; what follows a start of scan belongs to it."""
    segments = read_jpeg(data).segments
    ends = [start for _, start, _ in segments[1:]] + [len(data)]
    return [
        Part(kind=bytes([marker]), body=data[start + 4 : end])
        for (marker, start, _), end in zip(segments, ends, strict=True)
    ]


def _write_png(file: File, random: Random) -> bytes:
    wrong = random.random() < 0.05
    out = [SIGNATURE]
    for part in file.parts:
        whole = bytearray(chunk(part.kind, part.body))
        if part.length is not None:
            whole[:4] = pack(">I", part.length)
        if wrong:
            whole[-1] ^= 1
        out.append(bytes(whole))
    return b"".join(out)


def _write_jpeg(file: File, random: Random) -> bytes:
    out = [b"\xff\xd8"]
    fill = b"\xff" * (random.random() < 0.05)
    for part in file.parts:
        head = fill + b"\xff" + part.kind
        if part.kind == b"\xd9":
            out.append(head)
            continue
        length = len(part.body) + 2 if part.length is None else part.length
        if part.kind == b"\xda" and part.length is None and part.body:
            length = 6 + 2 * part.body[0]
        out.append(head + pack(">H", length & 0xFFFF) + part.body)
    return b"".join(out)


def _write_webp(file: File, random: Random) -> bytes:
    body = b"".join(
        part.kind
        + pack("<I", len(part.body) if part.length is None else part.length)
        + part.body
        + bytes(len(part.body) & 1)
        for part in file.parts
    )
    size = len(body) + 4
    if random.random() < 0.05:
        size = random.choice([size - 2, size + 2, *LENGTHS])
    return b"RIFF" + pack("<I", size) + b"WEBP" + body


WRITERS: dict[str, Callable[[File, Random], bytes]] = {
    "PNG": _write_png,
    "JPEG": _write_jpeg,
    "WEBP": _write_webp,
}


def _doubled(parts: Parts, random: Random, _: str) -> Parts:
    at = random.randrange(len(parts))
    count = random.choice([1, 1, 1, 2, 50])
    return [*parts[:at], *[parts[at]] * count, *parts[at:]]


def _moved(parts: Parts, random: Random, _: str) -> Parts:
    part = parts.pop(random.randrange(len(parts)))
    parts.insert(random.randint(0, len(parts)), part)
    return parts


def _removed(parts: Parts, random: Random, _: str) -> Parts:
    if len(parts) > 1:
        parts.pop(random.randrange(len(parts)))
    return parts


def _changed(parts: Parts, random: Random, change: Callable[[Part], Part]) -> Parts:
    at = random.randrange(len(parts))
    parts[at] = change(parts[at])
    return parts


def _resized(parts: Parts, random: Random, _: str) -> Parts:
    def resize(part: Part) -> Part:
        if random.random() < 0.5:
            return replace(part, body=part.body[: random.randint(0, len(part.body))])
        return replace(part, body=part.body + random.randbytes(random.choice([1, 7, 5000])))

    return _changed(parts, random, resize)


def _relinked(parts: Parts, random: Random, _: str) -> Parts:
    def relink(part: Part) -> Part:
        near = max(0, len(part.body) + random.randint(-9, 40))
        return replace(part, length=random.choice([near, near, *LENGTHS]))

    return _changed(parts, random, relink)


def _renamed(parts: Parts, random: Random, _: str) -> Parts:
    other = random.choice(parts).kind
    return _changed(parts, random, lambda part: replace(part, kind=other))


def _rewritten(parts: Parts, random: Random, _: str) -> Parts:
    def rewrite(part: Part) -> Part:
        body = bytearray(part.body)
        for _ in range(random.choice([1, 1, 4, 32]) if body else 0):
            body[random.randrange(len(body))] = random.choice([0, 1, 0x7F, 0x80, 0xFF])
        return replace(part, body=bytes(body))

    return _changed(parts, random, rewrite)


def _other_size(parts: Parts, random: Random, form: str) -> Parts:
    """Another width and height in the header, or a second header."""
    width, height = random.choice(SIDES), random.choice(SIDES)
    if form == "PNG":
        header = Part(kind=b"IHDR", body=pack(">II", width, height) + parts[0].body[8:])
    elif form == "JPEG":
        body = b"\x08" + pack(">HH", height & 0xFFFF, width & 0xFFFF)
        frame = next((part.body for part in parts if part.kind in (b"\xc0", b"\xc2")), b"\0" * 20)
        header = Part(kind=random.choice([b"\xc0", b"\xc2"]), body=body + frame[5:])
    else:
        kind, body = vp8x(width & 0xFFFFFF or 1, height & 0xFFFFFF or 1, random.choice([0, 16, 2]))
        header = Part(kind=kind, body=body)
    at = random.randrange(len(parts))
    if random.random() < 0.5:
        parts[at] = header
    else:
        parts.insert(at, header)
    return parts


def _with_bomb(parts: Parts, random: Random, _: str) -> Parts:
    """A part that is 20 MB when it is inflated, or says so."""
    kind, start = random.choice(
        [(b"zTXt", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0"), (b"iCCP", b"a\0\0"), (b"IDAT", b"")]
    )
    count = random.choice([1, 1, 2, 5])
    at = random.randint(0, len(parts))
    return [*parts[:at], *[Part(kind=kind, body=start + BOMB)] * count, *parts[at:]]


CHANGES: list[tuple[str, Callable[[Parts, Random, str], Parts]]] = [
    ("doubled", _doubled),
    ("moved", _moved),
    ("removed", _removed),
    ("resized", _resized),
    ("relinked", _relinked),
    ("renamed", _renamed),
    ("rewritten", _rewritten),
    ("other size", _other_size),
    ("with a bomb", _with_bomb),
]
