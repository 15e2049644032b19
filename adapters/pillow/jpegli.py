"""JPEG by jpegli, which the extra `jpegli` installs: fewer bytes than Pillow's, as fast."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the server asks only whether jpegli is there, and its workers load Pillow
    import PIL.Image

JFIF = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
"""An APP0 segment without a thumbnail; the pixels are square. pyjpegli 0.3 writes none."""
START = b"\xff\xd8"
PROFILE_NAME = b"ICC_PROFILE\0"
MAX_PART = 65_519
"""Bytes of a color profile in one segment (ICC.1:2022, annex B.4)."""
MAX_PARTS = 255


def has_jpegli() -> bool:
    """Whether pyjpegli is installed; it is not loaded."""
    return find_spec("pyjpegli") is not None


def can_encode(image: "PIL.Image.Image", profile: bytes | None) -> bool:
    """Whether jpegli encodes this image as Pillow would: it knows RGB only."""
    return image.mode == "RGB" and len(profile or b"") <= MAX_PARTS * MAX_PART


def encode_with_jpegli(image: "PIL.Image.Image", quality: int, profile: bytes | None) -> bytes:
    """The image as baseline JPEG, its colors at half the resolution, with its color profile.

    `quality` is 0-100 on Pillow's scale. Raises ImportError without pyjpegli, and ValueError,
    RuntimeError or MemoryError if it cannot encode the image.
    """
    import pyjpegli

    made = pyjpegli.encode(image.tobytes(), *image.size, quality=max(1, quality))
    if not made.startswith(START):
        raise RuntimeError("jpegli returned no JPEG")
    return b"".join((START, JFIF, *_segments(profile or b""), made[len(START) :]))


def _segments(profile: bytes) -> list[bytes]:
    """The color profile as APP2 segments."""
    parts = [profile[at : at + MAX_PART] for at in range(0, len(profile), MAX_PART)]
    return [
        b"\xff\xe2"
        + (len(part) + len(PROFILE_NAME) + 4).to_bytes(2, "big")
        + PROFILE_NAME
        + bytes((number, len(parts)))
        + part
        for number, part in enumerate(parts, 1)
    ]
