"""Format, dimensions and alpha are read from the first bytes of an image."""

import hashlib
import time

import pytest

from domain.errors import InvalidRequest, UnreadableImage
from domain.image import Image
from domain.image_formats import Dimensions, ImageFormat
from tests.testkit.fakes import small_image

SIZES = [(1, 1), (640, 480), (17, 3000)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("form", "mode", "alpha"),
    [
        ("PNG", "RGB", False),
        ("PNG", "RGBA", True),
        ("PNG", "LA", True),
        ("PNG", "L", False),
        ("JPEG", "RGB", False),
        ("JPEG", "L", False),
        ("WEBP", "RGB", False),
        ("WEBP", "RGBA", True),
    ],
)
def test_the_header_has_format_dimensions_and_alpha(
    size: tuple[int, int], form: str, mode: str, alpha: bool
) -> None:
    color = "white" if alpha is False else (255, 0, 0, 99)[: len(mode)]
    image = small_image(color, size, form, mode)  # type: ignore[arg-type] # Pillow takes tuples too
    assert image.format.value.upper() == form
    assert image.dimensions == Dimensions(*size)
    assert image.has_alpha is alpha


def test_a_lossless_webp_has_its_own_header() -> None:
    from io import BytesIO

    import PIL.Image

    out = BytesIO()
    PIL.Image.new("RGBA", (300, 200), (1, 2, 3, 4)).save(out, "WEBP", lossless=True)
    image = Image(out.getvalue())
    assert (image.format, image.dimensions) == (ImageFormat.WEBP, Dimensions(300, 200))
    assert image.has_alpha


def test_a_png_with_a_transparent_color_has_alpha() -> None:
    from io import BytesIO

    import PIL.Image

    out = BytesIO()
    PIL.Image.new("P", (4, 4)).save(out, "PNG", transparency=0)
    assert Image(out.getvalue()).has_alpha


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_an_image_truncated_within_its_header_is_unreadable(form: str) -> None:
    whole = small_image(size=(64, 64), form=form).data
    for length in range(24):
        with pytest.raises(UnreadableImage):
            _ = Image(whole[:length]).header


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"<html><body>busy</body></html>", "markup"),
        (b"  <svg xmlns='x'/>", "markup"),
        (b"GIF89a" + bytes(20), "This is a GIF; save it as PNG"),
        (b"\xff\xd8\xff\xe0\x00\x04ab" + bytes(40), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "does not start"),
        (b"RIFF\x00\x00\x00\x00WEBPJUNK" + bytes(40), "unknown chunk"),
    ],
)
def test_the_error_says_why_the_data_is_not_an_image(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableImage, match=message):
        _ = Image(data).header


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"\xff\xd8\xff" + b"\xff" * 10_000_000, "damaged", id="fill bytes"),
        pytest.param(b"\xff\xd8" + b"\xff\xe0\0\2" * 2_000_000, "200,000 segments", id="segments"),
        pytest.param(
            small_image().data[:33] + (bytes(4) + b"zzZz" + bytes(4)) * 2_000_000,
            "200,000 chunks",
            id="chunks",
        ),
    ],
)
def test_an_endless_header_is_rejected_quickly(data: bytes, message: str) -> None:
    before = time.thread_time()
    with pytest.raises(UnreadableImage, match=message):
        _ = Image(data).header
    assert time.thread_time() - before < 0.2


def test_fill_bytes_before_a_marker_are_skipped() -> None:
    data = small_image(form="JPEG").data
    assert Image(data[:2] + b"\xff" * 5 + data[2:]).dimensions == Dimensions(8, 8)


def test_the_id_is_made_from_the_digest_of_the_bytes() -> None:
    image = small_image()
    digest = hashlib.sha256(image.data).hexdigest()
    assert image.digest == digest
    assert image.id == f"img_{digest[:32]}"


def test_an_image_does_not_print_its_bytes() -> None:
    assert repr(Image(b"secret")) == "Image(<6 bytes>)"


@pytest.mark.parametrize("text", ["", "x", "10x", "x10", "1024×1024", "-1x5", "0x5", "1e3x5"])
def test_a_size_is_two_numbers(text: str) -> None:
    with pytest.raises(InvalidRequest):
        Dimensions.parse(text)


def test_a_size_prints_as_it_was_parsed() -> None:
    assert str(Dimensions.parse("1536x1024")) == "1536x1024"
    assert Dimensions(300, 100).ratio == Dimensions(100, 300).ratio == 3.0
