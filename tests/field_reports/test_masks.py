"""F20 and F03: a mask means what people see, or is refused before money is spent."""

from collections.abc import Callable
from io import BytesIO
from random import Random
from typing import Any

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFilter
import pytest

from tests.field_reports import photo_files as files
from tests.field_reports.edits import Editor, opened

pytest_plugins = ["tests.field_reports.edit_server"]
pytestmark = pytest.mark.anyio
SIZE = (640, 480)
TALL = (480, 640)
AREA = (160, 120, 320, 240)
"""A quarter of the width and height of SIZE, to the left above the middle."""
INSIDE, OUTSIDE = (200, 200), (500, 400)
Make = Callable[[], bytes]


def cut(
    size: tuple[int, int] = SIZE,
    form: str = "PNG",
    *,
    clear: int = 0,
    **options: Any,  # noqa: ANN401 - of Pillow
) -> bytes:
    """A mask that is transparent in AREA, scaled to the size."""
    mask = PIL.Image.new("RGBA", size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, clear), _scaled(size))
    return files.saved(mask, form, **options)


def white_on_black(
    size: tuple[int, int] = SIZE,
    form: str = "PNG",
    mode: str = "L",
    **options: Any,  # noqa: ANN401 - of Pillow
) -> bytes:
    """A mask that is white in AREA, and black around it."""
    mask = PIL.Image.new("L", size, 0)
    PIL.ImageDraw.Draw(mask).rectangle(_scaled(size), 255)
    return files.saved(mask.convert(mode), form, **options)


def _scaled(size: tuple[int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = AREA
    x, y = size[0] / SIZE[0], size[1] / SIZE[1]
    return round(left * x), round(top * y), round(right * x), round(bottom * y)


def photo_with_hole() -> bytes:
    """A photograph with an area erased, over 4 MB: as editors save it."""
    noise = Random(1).randbytes(1600 * 1200 * 3)  # noqa: S311 - grain, no secrets
    image = PIL.Image.frombytes("RGB", (1600, 1200), noise).convert("RGBA")
    image.paste((0, 0, 0, 0), _scaled((1600, 1200)))
    return files.saved(image, "PNG", compress_level=1)


def antialiased() -> bytes:
    """Black and white with soft edges, as most editors draw."""
    mask = PIL.Image.open(BytesIO(white_on_black())).filter(PIL.ImageFilter.GaussianBlur(1))
    return files.saved(mask, "PNG")


WHITE = "The mask has no transparent areas; its white areas were read as those to edit."
CLEAR = "The partly transparent areas of the mask were read as those to edit."


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("make", "notes"),
    [
        pytest.param(cut, [], id="transparent"),
        pytest.param(white_on_black, [WHITE], id="F20 white on black"),
        pytest.param(lambda: white_on_black(mode="1"), [WHITE], id="F20 white on black, one bit"),
        pytest.param(lambda: white_on_black(mode="RGB"), [WHITE], id="F20 white on black, RGB"),
        pytest.param(
            lambda: white_on_black(mode="RGBA"), [WHITE], id="F20 white on black, opaque alpha"
        ),
        pytest.param(lambda: white_on_black(mode="P"), [WHITE], id="F20 white on black, palette"),
        pytest.param(lambda: white_on_black(form="JPEG", quality=75), [WHITE], id="F20 JPEG"),
        pytest.param(antialiased, [WHITE], id="F20 soft edges"),
        pytest.param(lambda: cut(form="WEBP"), [], id="WebP with alpha"),
        pytest.param(lambda: cut(clear=100), [CLEAR], id="half transparent"),
        pytest.param(
            lambda: cut((320, 240)),
            ["The mask was scaled from 320x240 to 640x480 pixels."],
            id="half the size",
        ),
        pytest.param(
            photo_with_hole,
            ["The mask was scaled from 1600x1200 to 640x480 pixels."],
            id="a photograph of 6 MB with a hole",
        ),
        pytest.param(
            lambda: white_on_black((1280, 960), "JPEG"),
            [WHITE, "The mask was scaled from 1280x960 to 640x480 pixels."],
            id="white on black, twice the size, JPEG",
        ),
    ],
)
async def test_a_mask_whose_meaning_is_certain_is_sent_as_the_provider_takes_it(
    make: Make, notes: list[str], editor: Editor
) -> None:
    reply = await editor.edit(files.saved(files.scene(SIZE), "PNG"), mask=make())
    assert reply.status == 201, reply.body
    (upload,) = editor.uploads("mask")
    alpha = opened(upload).getchannel("A")
    assert alpha.size == SIZE
    assert (alpha.getpixel(INSIDE), alpha.getpixel(OUTSIDE)) == (0, 255)
    assert len(upload.data) < 4_000_000
    assert [note for note in reply.json.get("notes", []) if "mask" in note] == notes


async def test_a_mask_that_fits_is_sent_byte_for_byte(editor: Editor) -> None:
    await editor.edit(files.saved(files.scene(SIZE), "PNG"), mask=cut())
    assert editor.uploads("mask")[0].data == cut()


TURNED = "The mask was turned with the first image, as its EXIF says."


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("scale", [1, 2])
async def test_f03_a_mask_on_a_turned_photo_marks_what_people_see(
    orientation: int, scale: int, editor: Editor
) -> None:
    """Drawn on the visible image, or on the stored one, which is turned with it."""
    photo = files.photo(orientation, size=SIZE)
    seen = cut((SIZE[0] // scale, SIZE[1] // scale))
    method = files.STORED_AS[orientation]
    assert method is not None
    with PIL.Image.open(BytesIO(seen)) as drawn:
        stored = files.saved(drawn.transpose(method), "PNG")
    for mask, has_note in ((seen, False), (stored, True)):
        reply = await editor.edit(photo, mask=mask)
        assert reply.status == 201, reply.body
        assert (TURNED in reply.json.get("notes", [])) is has_note
        (upload,) = editor.uploads("mask")
        alpha = opened(upload).getchannel("A")
        assert alpha.size == SIZE
        assert (alpha.getpixel(INSIDE), alpha.getpixel(OUTSIDE)) == (0, 255)


async def test_a_mask_that_is_transparent_everywhere_is_left_out(editor: Editor) -> None:
    mask = files.saved(PIL.Image.new("RGBA", SIZE, (0, 0, 0, 0)), "PNG")
    reply = await editor.edit(files.saved(files.scene(SIZE), "PNG"), mask=mask)
    assert editor.uploads("mask") == []
    assert (
        "The mask is transparent everywhere, so it was left out: it is not needed."
        in (reply.json["notes"])
    )


def _plain(color: Any, mode: str = "RGBA", size: tuple[int, int] = SIZE) -> bytes:  # noqa: ANN401 - of Pillow
    return files.saved(PIL.Image.new(mode, size, color), "PNG")


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        pytest.param(_plain("white"), "marks nothing: it is opaque everywhere", id="F20 opaque"),
        pytest.param(
            files.saved(files.scene(SIZE).convert("RGBA"), "PNG"),
            "marks nothing: it is opaque everywhere",
            id="F20 the photo itself",
        ),
        pytest.param(_plain(0, "L"), "one color only", id="black"),
        pytest.param(_plain(255, "L"), "one color only", id="white"),
        pytest.param(
            files.saved(files.scene(SIZE), "JPEG"),
            "not black and white",
            id="a photo without alpha",
        ),
        pytest.param(
            files.saved(PIL.Image.linear_gradient("L").resize(SIZE), "PNG"),
            "not black and white",
            id="a gradient",
        ),
        pytest.param(cut((500, 500)), "500x500 pixels, but the first image is 640x480", id="shape"),
        pytest.param(cut((40, 30)), "40x30 pixels, but the first image is 640x480", id="tiny"),
        pytest.param(cut(TALL), "480x640 pixels, but the first image is 640x480", id="turned"),
    ],
)
async def test_an_unclear_mask_is_refused_with_the_way_out_and_nothing_is_sent(
    mask: bytes, words: str, editor: Editor
) -> None:
    reply = await editor.edit(files.saved(files.scene(SIZE), "PNG"), mask=mask)
    assert (reply.status, reply.code) == (400, "invalid_request")
    assert words in reply.problem["detail"]
    assert editor.calls == []
    assert reply.problem["hint"].startswith(
        ("Make the areas to edit", "Resize the mask to 640x480")
    )


async def test_a_drawing_in_black_and_white_is_not_its_own_mask(editor: Editor) -> None:
    drawing = white_on_black()
    reply = await editor.edit(drawing, mask=drawing)
    assert (reply.status, reply.code) == (400, "invalid_request")
    assert "The mask is the first image itself" in reply.problem["detail"]
    assert editor.calls == []


async def test_an_image_with_a_hole_is_its_own_mask(editor: Editor) -> None:
    reply = await editor.edit(cut(), mask=cut())
    assert reply.status == 201, reply.body
    assert editor.uploads("mask")[0].data == cut()


@pytest.mark.parametrize("size", [(13, 1024), (50, 4000), (12, 1000), (200, 16000)])
async def test_the_size_of_a_mask_for_a_long_image_is_rounded(
    size: tuple[int, int], editor: Editor
) -> None:
    long = (100, 8000)
    reply = await editor.edit(files.saved(files.scene(long), "PNG"), mask=cut(size))
    assert reply.status == 201, reply.body
    assert opened(editor.uploads("mask")[0]).size == long


async def test_a_mask_of_neither_size_of_a_turned_photo_is_told_both(editor: Editor) -> None:
    reply = await editor.edit(files.photo(6, size=SIZE), mask=cut((500, 500)))
    detail = reply.problem["detail"]
    assert "first image is 640x480 (its EXIF turns it; the file stores 480x640)" in detail
