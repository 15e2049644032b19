"""Pillow's inspector and optimizer keep their ports' promises."""

import threading
import zlib
from base64 import b64decode
from io import BytesIO

import PIL.Image
import pytest

from adapters.pillow.inspector import PillowInspector
from adapters.pillow.optimizer import PillowOptimizer
from application.ports.image_inspector import ImageInspector
from application.ports.image_optimizer import ImageOptimizer
from domain.errors import UnreadableImage
from domain.formats import Dimensions, ImageFormat
from domain.images import Image
from tests.fakes import picture
from tests.standin.pictures import Spec, plate

pytestmark = pytest.mark.anyio
INSPECTOR: ImageInspector = PillowInspector()
OPTIMIZER: ImageOptimizer = PillowOptimizer()


def photograph(form: str, *, alpha: bool = False) -> Image:
    """A busy picture of 1024x1024, as heavy as a provider's."""
    spec = Spec(size=(1024, 1024), format=form, alpha=alpha)
    return Image(b64decode(plate(spec).stamp(1).base64))


@pytest.mark.parametrize("form", list(ImageFormat))
async def test_whole_pictures_pass(form: ImageFormat) -> None:
    await INSPECTOR.inspect(photograph(form.value))


@pytest.mark.parametrize("form", list(ImageFormat))
@pytest.mark.parametrize("share", [0.2, 0.5, 0.99])
async def test_a_picture_that_is_cut_off_is_found_out(form: ImageFormat, share: float) -> None:
    data = photograph(form.value).data
    with pytest.raises(UnreadableImage):
        await INSPECTOR.inspect(Image(data[: int(len(data) * share)]))


async def test_a_flipped_byte_in_a_png_is_found_out() -> None:
    data = bytearray(photograph("png").data)
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(UnreadableImage, match="broken"):
        await INSPECTOR.inspect(Image(bytes(data)))


def _png(
    width: int, height: int, chunks: bytes = b"", pixels: bytes = b"", *, interlaced: bool = False
) -> bytes:
    """Checksums are right in it whatever the pixels are."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return len(body).to_bytes(4, "big") + kind + body + check.to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x06\0\0"
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header + bytes([interlaced]))
    return start + chunks + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(1, 1), (17, 3), (700, 500)])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
async def test_pngs_of_every_kind_of_pixel_pass(mode: str, size: tuple[int, int]) -> None:
    out = BytesIO()
    PIL.Image.effect_noise(size, 90).convert(mode).save(out, "PNG")
    await INSPECTOR.inspect(Image(out.getvalue()))


async def test_an_interlaced_png_and_one_with_something_behind_it_pass() -> None:
    dot = zlib.compress(b"\0abcd")
    await INSPECTOR.inspect(Image(_png(1, 1, pixels=dot, interlaced=True)))
    await INSPECTOR.inspect(Image(_png(1, 1, pixels=dot) + b"signed by somebody"))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(b"this is no zlib stream", id="text"),
        pytest.param(b"", id="none"),
        pytest.param(zlib.compress(bytes(99)), id="too few"),
        pytest.param(zlib.compress(bytes(1050)), id="half"),
    ],
)
async def test_a_png_whose_pixels_are_none_is_found_out(pixels: bytes, interlaced: bool) -> None:
    with pytest.raises(UnreadableImage):
        await INSPECTOR.inspect(Image(_png(20, 20, pixels=pixels, interlaced=interlaced)))


@pytest.mark.parametrize("count", [0, 100_000, 1000 * 4001 - 1, 1000 * 4001 + 1])
async def test_as_many_pixels_as_the_header_says_or_as_are_looked_at(count: int) -> None:
    data = _png(1000, 1000, pixels=zlib.compress(bytes(count)))
    if count > 1 << 18:  # the promise is for the first pixels alone: all of them take too long
        await INSPECTOR.inspect(Image(data))
    else:
        with pytest.raises(UnreadableImage, match="another number of pixels"):
            await INSPECTOR.inspect(Image(data))


async def test_more_pixels_than_the_header_says_are_found_out_in_a_small_png() -> None:
    with pytest.raises(UnreadableImage, match="another number of pixels"):
        await INSPECTOR.inspect(Image(_png(1, 1, pixels=zlib.compress(b"\0abcde"))))


async def test_even_the_header_is_read_beside_the_event_loop() -> None:
    threads = []

    class Watched(Image):
        @property
        def dimensions(self) -> Dimensions:
            threads.append(threading.current_thread())
            return super().dimensions

    await INSPECTOR.inspect(Watched(picture().data))
    assert threads
    assert threading.main_thread() not in threads


def _animated() -> bytes:
    out = BytesIO()
    frames = [PIL.Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    return out.getvalue()


EMPTY_CHUNK = b"\0\0\0\0" + b"teXt" + zlib.crc32(b"teXt").to_bytes(4, "big")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(_png(20_000, 20_000), "20000x20000 pixels", id="a bomb of 400 megapixels"),
        pytest.param(_png(17_000, 10), "on a side", id="a very long picture"),
        pytest.param(_png(8, 8, EMPTY_CHUNK * 5000), "parts", id="5,000 chunks"),
        pytest.param(
            picture(form="JPEG").data + b"\xff\xda" * 101, "scans", id="a JPEG of 101 scans"
        ),
        pytest.param(_animated(), "animated", id="an animation"),
        pytest.param(picture().data + bytes(50_000_000), "bytes", id="over 50 MB"),
        pytest.param(b"GIF89a" + bytes(50), "not a PNG", id="a GIF"),
        pytest.param(b"", "no bytes", id="nothing"),
    ],
)
async def test_hostile_and_unfit_pictures_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableImage, match=words):
        await INSPECTOR.inspect(Image(data))


@pytest.mark.parametrize("form", list(ImageFormat))
async def test_every_prefix_of_a_picture_is_refused_and_nothing_else_is_raised(
    form: ImageFormat,
) -> None:
    data = picture(size=(16, 16), form=form.value.upper()).data
    for length in range(len(data) - 2):
        with pytest.raises(UnreadableImage):
            await INSPECTOR.inspect(Image(data[:length]))


async def test_a_picture_that_fits_is_its_own_preview() -> None:
    image = photograph("jpeg")
    assert await OPTIMIZER.preview(image, max_bytes=len(image.data)) is image


@pytest.mark.parametrize("room", [600_000, 100_000, 20_000, 3_000])
@pytest.mark.parametrize("alpha", [False, True])
async def test_a_preview_fits_its_room_and_shows_the_same(room: int, alpha: bool) -> None:
    image = photograph("png", alpha=alpha)
    preview = await OPTIMIZER.preview(image, max_bytes=room)
    assert preview is not None
    assert len(preview.data) <= room
    assert preview.has_alpha is alpha
    assert _distance(image, preview) < 30


def _distance(one: Image, other: Image) -> float:
    small = [
        PIL.Image.open(BytesIO(image.data)).convert("RGB").resize((16, 16)).tobytes()
        for image in (one, other)
    ]
    total: int = sum(abs(a - b) for a, b in zip(*small, strict=True))
    return total / len(small[0])


async def test_without_any_room_there_is_no_preview() -> None:
    assert await OPTIMIZER.preview(photograph("png"), max_bytes=100) is None


async def test_a_broken_picture_has_no_preview() -> None:
    data = photograph("png").data
    assert await OPTIMIZER.preview(Image(data[:5000]), max_bytes=1000) is None
