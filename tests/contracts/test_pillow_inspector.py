"""PillowInspector fulfills its port's contract."""

import asyncio
import sys
import threading
import zlib
from io import BytesIO

import PIL.Image
import pytest

from adapters.pillow import worker_process
from adapters.pillow.inspector import PillowInspector
from adapters.pillow.worker_process import IDLE
from application.ports.image_inspector import ImageInspector, NotInspected
from domain.errors import UnreadableImage
from domain.image import Image
from domain.image_formats import Dimensions, ImageFormat
from tests.testkit.fakes import small_image
from tests.testkit.photographs import photograph
from tests.unit.image_files import chunk, header, png

pytestmark = pytest.mark.anyio
INSPECTOR: ImageInspector = PillowInspector()


@pytest.mark.parametrize("form", list(ImageFormat))
async def test_complete_images_pass(form: ImageFormat) -> None:
    await INSPECTOR.inspect(photograph(form.value))


@pytest.mark.parametrize("form", list(ImageFormat))
@pytest.mark.parametrize("share", [0.2, 0.5, 0.99])
async def test_a_truncated_image_is_rejected(form: ImageFormat, share: float) -> None:
    data = photograph(form.value).data
    with pytest.raises(UnreadableImage):
        await INSPECTOR.inspect(Image(data[: int(len(data) * share)]))


async def test_a_flipped_byte_in_a_png_is_detected() -> None:
    data = bytearray(photograph("png").data)
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(UnreadableImage, match="damaged"):
        await INSPECTOR.inspect(Image(bytes(data)))


def _png(
    width: int, height: int, chunks: bytes = b"", pixels: bytes = b"", *, interlaced: bool = False
) -> bytes:
    """A PNG whose checksums are correct, whatever the pixels are."""
    return png(header(width, height, interlaced=interlaced), chunks, pixels=pixels)


@pytest.mark.parametrize("size", [(1, 1), (17, 3), (700, 500)])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
async def test_pngs_of_every_mode_pass(mode: str, size: tuple[int, int]) -> None:
    out = BytesIO()
    PIL.Image.effect_noise(size, 90).convert(mode).save(out, "PNG")
    await INSPECTOR.inspect(Image(out.getvalue()))


async def test_interlaced_pngs_and_trailing_data_pass() -> None:
    dot = zlib.compress(b"\0abcd")
    await INSPECTOR.inspect(Image(_png(1, 1, pixels=dot, interlaced=True)))
    await INSPECTOR.inspect(Image(_png(1, 1, pixels=dot) + b"a signature"))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(b"this is not a zlib stream", id="text"),
        pytest.param(b"", id="none"),
        pytest.param(zlib.compress(bytes(99)), id="too few"),
        pytest.param(zlib.compress(bytes(1050)), id="half"),
    ],
)
async def test_a_png_with_invalid_pixel_data_is_rejected(pixels: bytes, interlaced: bool) -> None:
    with pytest.raises(UnreadableImage):
        await INSPECTOR.inspect(Image(_png(20, 20, pixels=pixels, interlaced=interlaced)))


@pytest.mark.parametrize("count", [0, 100_000, 1000 * 4001 - 1, 1000 * 4001 + 1])
async def test_the_first_pixels_of_a_png_are_counted(count: int) -> None:
    data = _png(1000, 1000, pixels=zlib.compress(bytes(count)))
    if count > 1 << 18:  # only the first pixels are counted: all of them take too long
        await INSPECTOR.inspect(Image(data))
    else:
        with pytest.raises(UnreadableImage, match="different number of pixels"):
            await INSPECTOR.inspect(Image(data))


async def test_too_many_pixels_in_a_small_png_are_detected() -> None:
    with pytest.raises(UnreadableImage, match="different number of pixels"):
        await INSPECTOR.inspect(Image(_png(1, 1, pixels=zlib.compress(b"\0abcde"))))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
async def test_images_are_inspected_outside_the_event_loop(form: str) -> None:
    reads = []

    class Watched(Image):
        @property
        def dimensions(self) -> Dimensions:  # read before decoding
            reads.append(("limits", threading.current_thread()))
            return super().dimensions

        @property
        def format(self) -> ImageFormat:  # read before the rest of the file is
            reads.append(("layout", threading.current_thread()))
            return super().format

    await INSPECTOR.inspect(Watched(small_image(form=form).data))
    assert {what for what, _ in reads} == {"limits", "layout"}
    assert threading.main_thread() not in {thread for _, thread in reads}


async def test_at_most_two_images_are_inspected_at_once() -> None:
    entered, leave = threading.Semaphore(0), threading.Event()
    inside = []

    class Held(Image):
        @property
        def dimensions(self) -> Dimensions:
            inside.append(self)
            entered.release()
            leave.wait()
            return super().dimensions

    inspector = PillowInspector()
    inspecting = [
        asyncio.create_task(inspector.inspect(Held(small_image().data))) for _ in range(3)
    ]
    try:
        for _ in range(2):
            assert await asyncio.to_thread(entered.acquire, timeout=10)
        for _ in range(100):  # lets other threads run, so that a third one could enter
            await asyncio.to_thread(int)
        assert len(inside) == 2
    finally:
        leave.set()
        await asyncio.gather(*inspecting)


def _with_scans(count: int) -> bytes:
    """A JPEG whose only scan is repeated."""
    data = small_image(form="JPEG").data
    at = data.index(b"\xff\xda")
    return data[:at] + data[at:-2] * count + data[-2:]


def _animated() -> bytes:
    out = BytesIO()
    frames = [PIL.Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    return out.getvalue()


EMPTY_CHUNK = chunk(b"teXt", b"")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(_png(20_000, 20_000), "20000x20000 pixels", id="a bomb of 400 megapixels"),
        pytest.param(_png(17_000, 10), "per side", id="a very wide image"),
        pytest.param(_png(8, 8, EMPTY_CHUNK * 200_000), "chunks", id="200,000 chunks"),
        pytest.param(_with_scans(101), "scans", id="a JPEG of 101 scans"),
        pytest.param(_animated(), "animated", id="an animation"),
        pytest.param(small_image().data + bytes(50_000_000), "bytes", id="over 50 MB"),
        pytest.param(b"GIF89a" + bytes(50), "a GIF; save it as PNG", id="a GIF"),
        pytest.param(b"", "empty", id="nothing"),
    ],
)
async def test_hostile_and_unsuitable_images_are_rejected(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableImage, match=message):
        await INSPECTOR.inspect(Image(data))


@pytest.mark.parametrize("form", list(ImageFormat))
async def test_every_prefix_of_an_image_is_unreadable(
    form: ImageFormat,
) -> None:
    data = small_image(size=(16, 16), form=form.value.upper()).data
    for length in range(len(data) - 2):
        with pytest.raises(UnreadableImage):
            await INSPECTOR.inspect(Image(data[:length]))


async def test_an_image_is_not_judged_if_no_process_can_be_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    IDLE.close()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(NotInspected):
        await INSPECTOR.inspect(small_image(form="JPEG"))


async def test_an_image_whose_decoder_crashes_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    IDLE.close()
    monkeypatch.setattr(worker_process, "START", "raise SystemExit(3)")
    with pytest.raises(UnreadableImage, match="damaged"):
        await INSPECTOR.inspect(small_image(form="JPEG"))


async def test_a_png_is_inspected_without_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    IDLE.close()
    monkeypatch.setattr(worker_process, "START", "raise SystemExit(3)")
    await INSPECTOR.inspect(photograph("png"))
