"""What phones, scanners and editors make reaches the provider upright, common and clean."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import PIL.Image
import pytest

from domain.image import Image
from domain.image_layouts import read_layout
from tests.e2e.asgi_client import asgi_client
from tests.field_reports import photo_files as files
from tests.field_reports import photo_metadata as metadata
from tests.field_reports.edits import Editor, opened
from tests.standin.calls import Upload
from tests.testkit.fakes import FakeProvider, settings_in, small_image
from tests.unit.image_files import GRAY, GRAY_ALPHA, RGB, RGBA

pytest_plugins = ["tests.field_reports.edit_server"]
pytestmark = pytest.mark.anyio
UPRIGHT = "turned upright, as its EXIF says"
REDUCED = "reduced from 16 to 8 bits per channel"
Make = Callable[[], bytes]


def heic_is_installed() -> bool:
    """Whether the extra `heic` is."""
    try:
        import pillow_heif
    except ImportError:
        return False
    return bool(pillow_heif)


NEEDS_HEIC = pytest.mark.skipif(not heic_is_installed(), reason="the extra heic is not installed")

PHOTOS = [
    pytest.param(files.iphone_portrait, UPRIGHT, id="F02 iPhone portrait, an MPO"),
    pytest.param(files.ultra_hdr, "", id="F02 gain map"),
    pytest.param(files.motion_photo, UPRIGHT, id="F02 motion photo"),
    pytest.param(files.samsung_photo, "", id="F02 trailer of a maker"),
    pytest.param(files.scanned, "", id="F03 comment and IPTC"),
    pytest.param(files.texted_png, "", id="F03 texts in a PNG"),
    pytest.param(files.texted_webp, "", id="F03 XMP in a WebP"),
    pytest.param(files.cmyk, "converted from CMYK to RGB", id="F31 CMYK of Adobe"),
    pytest.param(
        lambda: files.cmyk(adobe=False), "converted from CMYK to RGB", id="F31 CMYK of others"
    ),
    pytest.param(lambda: files.deep(RGB), REDUCED, id="F31 16-bit RGB"),
    pytest.param(files.palette, "", id="F31 palette"),
    pytest.param(files.wide_gamut, "", id="F31 profile of other colors in JPEG"),
    pytest.param(lambda: files.wide_gamut("PNG"), "", id="F31 profile of other colors in PNG"),
    pytest.param(lambda: files.srgb_profiled("PNG"), "", id="F31 sRGB profile"),
    pytest.param(files.one_frame_webp, "", id="F31 animation of one frame"),
    pytest.param(metadata.jfif_thumbnail, "", id="sibling: a thumbnail in JFIF"),
    pytest.param(metadata.damaged_exif, "", id="sibling: damaged EXIF in a JPEG"),
    pytest.param(lambda: metadata.damaged_exif("PNG"), "", id="sibling: damaged EXIF in a PNG"),
    pytest.param(lambda: metadata.damaged_exif("WEBP"), "", id="sibling: damaged EXIF in a WebP"),
    pytest.param(metadata.xmp_orientation, "", id="sibling: an orientation only in XMP, in a JPEG"),
    pytest.param(
        lambda: metadata.xmp_orientation("WEBP"),
        "",
        id="sibling: an orientation only in XMP, in WebP",
    ),
    pytest.param(files.avif, "converted from AVIF to JPEG", id="F06 AVIF"),
    pytest.param(
        lambda: files.avif(6), f"{UPRIGHT} and converted from AVIF to JPEG", id="F06 turned AVIF"
    ),
    pytest.param(files.heic, "converted from HEIC to JPEG", marks=NEEDS_HEIC, id="F06 HEIC"),
    pytest.param(
        lambda: files.heic(6), "converted from HEIC to JPEG", marks=NEEDS_HEIC, id="F06 turned HEIC"
    ),
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(("make", "note"), PHOTOS)
async def test_a_photo_is_sent_upright_in_its_colors_and_without_metadata(
    make: Make, note: str, editor: Editor
) -> None:
    reply = await editor.edit(make())
    assert reply.status == 201, reply.body
    (upload,) = editor.uploads()
    _check_scene(upload)
    assert _first_notes(reply.json) == ([f"images[0] was {note}."] if note else [])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_f03_all_eight_orientations_are_turned_upright(form: str, editor: Editor) -> None:
    reply = await editor.edit(*(files.photo(number, form) for number in range(1, 9)))
    assert reply.status == 201, reply.body
    uploads = editor.uploads()
    assert len(uploads) == 8
    for upload in uploads:
        _check_scene(upload)
    assert _first_notes(reply.json) == [f"images[{at}] was {UPRIGHT}." for at in range(1, 8)]


@pytest.mark.parametrize(
    ("make", "mode", "top"),
    [
        pytest.param(lambda: files.deep(GRAY), "L", 121, id="F31 16-bit gray"),
        pytest.param(lambda: files.deep(GRAY_ALPHA), "RGBA", 0, id="F31 16-bit gray with alpha"),
        pytest.param(lambda: files.deep(RGBA), "RGBA", 0, id="F31 16-bit RGBA"),
        pytest.param(files.gray_alpha, "RGBA", 0, id="F31 gray with alpha"),
        pytest.param(
            lambda: files.palette(transparent=True), "RGBA", 0, id="F31 transparent palette"
        ),
        pytest.param(files.with_transparent_color, "RGBA", 0, id="F31 transparent color"),
        pytest.param(files.one_bit, "L", 255, id="F31 one bit"),
        pytest.param(files.two_bits, "L", 0, id="F31 two bits"),
        pytest.param(files.interlaced, "RGB", 60, id="F31 interlaced"),
    ],
)
async def test_gray_and_transparent_images_keep_their_levels(
    make: Make, mode: str, top: int, editor: Editor
) -> None:
    reply = await editor.edit(make())
    assert reply.status == 201, reply.body
    (upload,) = editor.uploads()
    sent = opened(upload)
    assert (sent.mode, sent.size) == (mode, files.SIZE)
    last = sent.getchannel(sent.getbands()[-1]).getpixel(files.TOP)
    assert last == (files.RED[2] if mode == "RGB" else top)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
async def test_an_ordinary_file_is_sent_byte_for_byte(form: str, mode: str, editor: Editor) -> None:
    if (form, mode) == ("JPEG", "RGBA"):
        return
    data = files.saved(files.scene().convert(mode), form)
    assert (await editor.edit(data)).status == 201
    assert editor.uploads()[0].data == data


@pytest.mark.parametrize(
    "make", [files.ultra_hdr, files.scanned, files.photo, files.texted_webp, files.texted_png]
)
async def test_pixels_are_not_encoded_again_where_only_metadata_must_go(
    make: Make, editor: Editor
) -> None:
    with PIL.Image.open(BytesIO(read_layout(Image(make())).for_decoder())) as original:
        pixels = original.convert("RGB").tobytes()
    assert (await editor.edit(make())).status == 201
    assert opened(editor.uploads()[0]).tobytes() == pixels
    assert len(editor.uploads()[0].data) < len(make())


async def test_a_photo_that_is_sent_again_comes_from_the_cache(editor: Editor) -> None:
    first = await editor.edit(files.photo(6), prompt="autumn")
    again = await editor.edit(files.photo(6), prompt="autumn")
    assert (first.status, again.status) == (201, 201)
    assert editor.calls == []
    assert again.json["servedFrom"] != "provider"
    assert _first_notes(again.json)[0] == f"images[0] was {UPRIGHT}."


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(files.apng(), "animated", id="F02 APNG"),
        pytest.param(files.animated_webp(), "animated", id="F02 WebP"),
        pytest.param(files.animated_avif(), "animated", id="F02 AVIF"),
        pytest.param(b"GIF89a" + bytes(64), "This is a GIF; save it as PNG", id="F06 GIF"),
        pytest.param(b"II*\0" + bytes(64), "This is a TIFF; save it as PNG", id="F06 TIFF"),
        pytest.param(b"BM" + bytes(64), "This is a BMP; save it as PNG", id="F06 BMP"),
        pytest.param(b"%PDF-1.7" + bytes(64), "a PDF; export the page as PNG", id="F06 PDF"),
        pytest.param(b"8BPS\0\1" + bytes(64), "a PSD; export it as PNG", id="F06 PSD"),
        pytest.param(b"<svg xmlns='x'/>", "an SVG, which is markup; save it as PNG", id="F06 SVG"),
        pytest.param(
            b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(64),
            "an MP4 video; save one frame of it as PNG",
            id="F06 video",
        ),
        pytest.param(
            b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(5000), "AVIF", id="F06 damaged AVIF"
        ),
        pytest.param(
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(5000), "HEIC", id="F06 damaged HEIC"
        ),
    ],
)
async def test_what_cannot_be_taken_is_named_and_nothing_is_sent(
    data: bytes, words: str, editor: Editor
) -> None:
    reply = await editor.edit(data)
    assert (reply.status, reply.code) == (400, "unreadable_image")
    assert words in reply.problem["detail"]
    assert editor.calls == []


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        pytest.param(files.saved(PIL.Image.new("1", (8000, 6300)), "PNG"), "Scale", id="pixels"),
        pytest.param(files.saved(PIL.Image.new("1", (16400, 8)), "PNG"), "Scale", id="a side"),
        pytest.param(files.apng(), "Save one frame", id="APNG"),
        pytest.param(files.animated_webp(), "Save one frame", id="animated WebP"),
        pytest.param(files.animated_avif(), "Save one frame", id="animated AVIF"),
    ],
)
async def test_the_hint_of_a_whole_image_that_is_refused_says_what_to_do(
    data: bytes, hint: str, editor: Editor
) -> None:
    reply = await editor.edit(data)
    assert (reply.status, reply.code) == (400, "unreadable_image")
    assert reply.problem["hint"].startswith(hint)


async def test_an_mpo_of_the_provider_is_delivered_untouched(tmp_path: Path) -> None:
    sent = Image(files.iphone_portrait())
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider(sent)) as client:
        reply = await client.post("/images", {"prompt": "a red bridge"})
        assert reply.status == 201, reply.body
        (image,) = reply.json["images"]
        kept = await client.request("GET", f"/images/{image['id']}")
    assert kept.body == sent.data


async def test_heic_is_named_with_the_way_out_where_no_decoder_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from adapters.pillow.normalization import normalize
    from domain.errors import UnreadableImage

    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(UnreadableImage, match="a HEIC; export it as JPEG, or set") as refused:
        normalize({}, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64))
    assert "extra `heic`" in str(refused.value.hint)


async def test_several_photos_are_each_made_upright(editor: Editor) -> None:
    reply = await editor.edit(files.photo(8), small_image().data, files.cmyk())
    assert reply.status == 201, reply.body
    sizes = [opened(upload).size for upload in editor.uploads()]
    assert sizes == [files.SIZE, (8, 8), files.SIZE]
    assert [note.split(" was ")[0] for note in _first_notes(reply.json)] == [
        "images[0]",
        "images[2]",
    ]


def _first_notes(result: dict[str, list[str]]) -> list[str]:
    return [note for note in result.get("notes", []) if note.startswith(("images[", "The mask"))]


def _check_scene(upload: Upload) -> None:
    """The upload shows the scene upright, in its colors, and has no trace of metadata."""
    sent = opened(upload)
    assert (sent.mode, sent.size) == ("RGB", files.SIZE)
    for point, color in (
        (files.LEFT, files.RED),
        (files.TOP, files.GREEN),
        (files.RIGHT, files.BLUE),
    ):
        seen = sent.getpixel(point)
        assert isinstance(seen, tuple)
        assert max(abs(a - b) for a, b in zip(seen, color, strict=True)) < 12, (point, seen)
    assert not sent.getexif()
    for trace in (files.PLACE[:12], b"Exif", b"MPF", b"hdrgm", b"ftyp", b"8BIM", b"XMP"):
        assert trace not in upload.data
