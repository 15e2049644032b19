"""The stand-in refuses the uploads that the real API refuses, and charges nothing for them."""

import io

import httpx2
import pytest
from PIL import Image

from tests.standin import StandIn
from tests.unit.test_standin_rules import GOOD, assert_refused

pytest_plugins = ["tests.standin.fixtures"]
MEBIBYTE = 1024 * 1024
Part = tuple[str, tuple[str, bytes, str]]


def encode(kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind)
    return file.getvalue()


PNG, JPEG, WEBP = encode("png"), encode("jpeg"), encode("webp")
MASK, CLEAR = encode("png", mode="RGBA"), encode("webp", mode="RGBA")


CMYK = encode("jpeg", mode="CMYK")


def _saved(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48)).save(file, kind, **options)
    return file.getvalue()


MPO = _saved("MPO", save_all=True, append_images=[Image.new("RGB", (8, 8))])
SIDEWAYS = Image.Exif()
SIDEWAYS[0x0112] = 6
TURNED = _saved("png", exif=SIDEWAYS.tobytes())


def part(
    data: bytes = PNG, field: str = "image", name: str = "a.png", kind: str = "image/png"
) -> Part:
    return (field, (name, data, kind))


def mask(data: bytes = MASK, name: str = "m.png", kind: str = "image/png") -> Part:
    return part(data, "mask", name, kind)


EDIT_CASES: list[tuple[str, list[Part], dict[str, str], str, str]] = [
    ("no image", [mask()], {}, "missing_required_parameter", "image"),
    ("repeated image", [part(), part()], {}, "duplicate_parameter", "image"),
    ("17 images", [part(field="image[]")] * 17, {}, "array_above_max_length", "image"),
    ("stray file", [part(), part(field="markup")], {}, "unknown_parameter", "markup"),
    ("50 MB", [part(PNG.ljust(50 * MEBIBYTE))], {}, "file_too_large", "image"),
    ("no image file", [part(b"GIF89a")], {}, "invalid_image_file", "image"),
    ("torn header", [part(PNG[:12])], {}, "invalid_image_file", "image"),
    ("type", [part(kind="image/jpeg")], {}, "invalid_image_file", "image"),
    ("name", [part(name="a.jpg")], {}, "invalid_image_file", "image"),
    ("no extension", [part(name="blob")], {}, "invalid_image_file", "image"),
    ("octets", [part(kind="application/octet-stream")], {}, "invalid_image_file", "image"),
    *(
        (f"mode {mode}", [part(encode("png", mode=mode))], {}, "invalid_image_file", "image")
        for mode in ("1", "LA", "P", "I;16")
    ),
    ("CMYK", [part(CMYK, name="a.jpg", kind="image/jpeg")], {}, "invalid_image_file", "image"),
    ("MPO", [part(MPO, name="a.jpg", kind="image/jpeg")], {}, "invalid_image_file", "image"),
    ("turned", [part(TURNED)], {}, "invalid_image_file", "image"),
    ("webp mask", [part(), mask(CLEAR, "m.webp", "image/webp")], {}, "invalid_image_file", "mask"),
    ("no alpha", [part(), mask(PNG)], {}, "invalid_image_file", "mask"),
    (
        "mask size",
        [part(), mask(encode("png", (48, 64), "RGBA"))],
        {},
        "invalid_image_file",
        "mask",
    ),
    ("4 MB mask", [part(), mask(MASK.ljust(4 * MEBIBYTE))], {}, "file_too_large", "mask"),
    ("two masks", [part(), mask(), mask()], {}, "duplicate_parameter", "mask"),
    ("fidelity", [part()], {"input_fidelity": "high"}, "unknown_parameter", "input_fidelity"),
    ("number", [part()], {"n": "two"}, "invalid_type", "n"),
    ("boolean", [part()], {"stream": "True"}, "invalid_type", "stream"),
    ("range", [part()], {"n": "11"}, "invalid_value", "n"),
]


@pytest.mark.parametrize(
    ("files", "change", "code", "param"),
    [case[1:] for case in EDIT_CASES],
    ids=[case[0] for case in EDIT_CASES],
)
def test_an_invalid_edit_is_refused(
    standin: StandIn,
    http: httpx2.Client,
    files: list[Part],
    change: dict[str, str],
    code: str,
    param: str,
) -> None:
    reply = http.post("/images/edits", data={**GOOD, **change}, files=files)
    assert_refused(standin, reply, code, param)


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (PNG, "a.png", "png"),
        (JPEG, "a.JPG", "jpeg"),
        (JPEG, "a.jpeg", "jpeg"),
        (WEBP, "a.webp", "webp"),
    ],
)
def test_an_edit_with_consistent_names_and_types_passes(
    standin: StandIn, http: httpx2.Client, data: bytes, name: str, kind: str
) -> None:
    fields = {**GOOD, "moderation": "auto", "output_format": "jpeg"}
    files = [part(data, "image[]", name, f"image/{kind}")]
    assert http.post("/images/edits", data=fields, files=files).status_code == 200
