"""Data in another format is named in the refusal."""

import pytest

from domain.errors import UnreadableImage
from domain.image import Image

EXPORT = "export it as JPEG, or set the iPhone's camera to Most Compatible"
FRAME = "save one frame of it as PNG"


@pytest.mark.parametrize(
    ("data", "name", "way_out"),
    [
        (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1", "an AVIF", "save it as PNG"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "an AVIF", "save it as PNG"),
        (b"\0\0\0\x1cftypavis\0\0\0\0avis", "an AVIF", "save it as PNG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC", EXPORT),
        (b"\0\0\0\x18ftypmif1\0\0\0\0heixmif1", "a HEIC", EXPORT),
        (
            b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf",
            "a HEIF",
            "export it as JPEG, or set the camera to JPEG",
        ),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2", "an MP4 video", FRAME),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "a QuickTime video", FRAME),
        (b"GIF89a", "a GIF", "save it as PNG"),
        (b"GIF87a", "a GIF", "save it as PNG"),
        (b"BM\x36\0\0\0", "a BMP", "save it as PNG"),
        (b"II*\0", "a TIFF", "save it as PNG"),
        (b"MM\0*", "a TIFF", "save it as PNG"),
        (b"\0\0\1\0\1\0", "an ICO", "save it as PNG"),
        (b"\xff\x0a\x10", "a JPEG XL", "save it as PNG"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL", "save it as PNG"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000", "save it as PNG"),
        (b"%PDF-1.7", "a PDF", "export the page as PNG"),
        (b"8BPS\0\1", "a PSD", "export it as PNG"),
        (b"qoif", "a QOI", "save it as PNG"),
        (b"P6\n8 8\n", "a Netpbm image", "save it as PNG"),
        (b"RIFF\0\0\0\0AVI LIST", "an AVI video", FRAME),
        (b"\x1aE\xdf\xa3", "a WebM video", FRAME),
        (b"PK\3\4", "a ZIP archive", "send the images in it"),
    ],
)
def test_a_format_is_named_by_its_signature_with_the_way_out(
    data: bytes, name: str, way_out: str
) -> None:
    with pytest.raises(UnreadableImage) as error:
        _ = Image(data + bytes(64)).header
    assert error.value.message == f"This is {name}; {way_out}."


@pytest.mark.parametrize(
    "data",
    [b"<svg xmlns='x'/>", b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a -->\n<SVG >", b" <svg>"],
)
def test_an_svg_is_named(data: bytes) -> None:
    with pytest.raises(UnreadableImage, match=r"This is an SVG, .*; save it as PNG\."):
        _ = Image(data).header


def test_a_png_that_was_sent_as_text_is_named() -> None:
    with pytest.raises(UnreadableImage, match="damaged on its way"):
        _ = Image(b"\x89PNG\n\x1a\n" + bytes(20)).header
