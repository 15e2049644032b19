"""JPEG by jpegli, and by Pillow wherever jpegli is absent, unfit or failing."""

import sys
from io import BytesIO

import PIL.Image
import pytest

from adapters.pillow import encoding, jpegli, worker_pool, worker_process
from adapters.pillow.encoding import JpegEncoder
from adapters.pillow.frames import Facts, Message
from adapters.pillow.jpegli import JFIF, MAX_PART
from adapters.pillow.optimizer import PillowOptimizer
from adapters.pillow.worker_process import IDLE, Worker
from application.ports.image_optimizer import CannotRender
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import RenditionSpec
from tests.testkit.contracts.image_optimizer import distance
from tests.testkit.photographs import graphic, photograph

pyjpegli = pytest.importorskip("pyjpegli", reason="the development tools are out of date")
pytestmark = pytest.mark.anyio
JPEG = RenditionSpec(format=ImageFormat.JPEG)
CRASH = """
import os, sys, types
sys.modules["pyjpegli"] = types.SimpleNamespace(encode=lambda *_, **__: os.abort())
"""


def opaque(mode: str = "RGB") -> PIL.Image.Image:
    with PIL.Image.open(BytesIO(photograph("png").data)) as opened:
        return opened.convert(mode)


def encode(image: PIL.Image.Image, quality: int | None = 82, *, by_jpegli: bool = True) -> bytes:
    encoder = JpegEncoder.JPEGLI if by_jpegli else JpegEncoder.PROGRESSIVE
    return encoding.encode(image, ImageFormat.JPEG, quality, encoder)


def test_jpegli_has_fewer_bytes_at_the_same_number() -> None:
    assert len(encode(opaque())) < len(encode(opaque(), by_jpegli=False))


def test_its_header_is_that_of_a_usual_jpeg() -> None:
    made = encode(opaque())
    assert made.startswith(b"\xff\xd8" + JFIF)
    assert made.count(JFIF) == 1
    assert Image(made).header == Image(encode(opaque(), by_jpegli=False)).header
    with PIL.Image.open(BytesIO(made)) as opened:
        assert opened.info["jfif_version"] == (1, 1)


def test_both_encoders_halve_the_resolution_of_colors() -> None:
    for by_jpegli in (True, False):
        with PIL.Image.open(BytesIO(encode(opaque(), by_jpegli=by_jpegli))) as opened:
            assert [layer[1:3] for layer in opened.layer] == [(2, 2), (1, 1), (1, 1)]  # type: ignore[attr-defined] # of JPEG


@pytest.mark.parametrize("size", [1, MAX_PART, MAX_PART + 1, 1_500_000])
def test_a_color_profile_of_any_size_is_kept(size: int) -> None:
    image, profile = opaque(), bytes(index % 251 for index in range(size))
    image.info["icc_profile"] = profile
    made = encode(image)
    with PIL.Image.open(BytesIO(made)) as opened:
        assert opened.info["icc_profile"] == profile
        opened.load()


@pytest.mark.parametrize("quality", [0, 1, 50, 100, None])
def test_every_number_is_accepted(quality: int | None) -> None:
    assert Image(encode(opaque(), quality)).dimensions == Image(photograph("png").data).dimensions


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (7, 5), (65_500, 1)])
def test_images_of_odd_sizes_are_encoded(size: tuple[int, int]) -> None:
    made = Image(encode(PIL.Image.new("RGB", size, "teal")))
    assert (made.dimensions.width, made.dimensions.height) == size
    with PIL.Image.open(BytesIO(made.data)) as opened:
        assert abs(opened.getpixel((0, 0))[1] - 128) < 4  # type: ignore[index] # of RGB


def test_gray_stays_gray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyjpegli, "encode", None)
    with PIL.Image.open(BytesIO(encode(opaque("L")))) as opened:
        assert opened.mode == "L"


@pytest.mark.parametrize("error", [RuntimeError, ValueError, MemoryError])
def test_pillow_encodes_what_jpegli_cannot(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise error

    monkeypatch.setattr(pyjpegli, "encode", fail)
    assert encode(opaque()) == encode(opaque(), by_jpegli=False)


@pytest.mark.parametrize("made", [b"", b"GIF89a"])
def test_bytes_that_are_no_jpeg_are_not_used(monkeypatch: pytest.MonkeyPatch, made: bytes) -> None:
    monkeypatch.setattr(pyjpegli, "encode", lambda *_, **__: made)
    assert encode(opaque()) == encode(opaque(), by_jpegli=False)


def test_pillow_encodes_where_jpegli_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyjpegli", None)
    assert encode(opaque()) == encode(opaque(), by_jpegli=False)


@pytest.mark.parametrize("room", [None, 100_000, 6_000])
async def test_its_renditions_keep_the_promises_of_the_port(room: int | None) -> None:
    image = photograph("webp")
    spec = RenditionSpec(format=ImageFormat.JPEG, max_bytes=room)
    made = (await PillowOptimizer(jpegli=True).render(image, spec)).image
    by_pillow = (await PillowOptimizer(jpegli=False).render(image, spec)).image
    assert made.format is ImageFormat.JPEG
    assert made != by_pillow
    assert room is None or len(made.data) <= room
    assert distance(image, made) < (3 if room is None else 30)


async def test_previews_are_always_by_pillow_which_is_faster() -> None:
    spec = RenditionSpec(max_bytes=100_000, portable=True)
    by_either = [
        await PillowOptimizer(jpegli=on).render(photograph("webp"), spec) for on in (True, False)
    ]
    assert by_either[0] == by_either[1]


async def test_a_rendition_that_saves_too_little_is_not_used() -> None:
    image = Image(encode(opaque(), 60))
    spec = RenditionSpec(compression=95, smaller=True)
    assert (await PillowOptimizer(jpegli=True).render(image, spec)).image is image


async def test_pillow_encodes_graphics_which_jpegli_makes_larger() -> None:
    made = [await PillowOptimizer(jpegli=on).render(graphic(), JPEG) for on in (True, False)]
    assert made[0] == made[1]
    with PIL.Image.open(BytesIO(graphic().data)) as opened:
        image = opened.convert("RGB")
    assert len(encode(image, 88)) > len(encode(image, 88, by_jpegli=False))


async def test_it_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = (await PillowOptimizer().render(photograph("png"), JPEG)).image.data
    monkeypatch.setattr(jpegli, "find_spec", lambda _: None)
    absent = (await PillowOptimizer().render(photograph("png"), JPEG)).image.data
    assert usual == (await PillowOptimizer(jpegli=True).render(photograph("png"), JPEG)).image.data
    assert (
        absent == (await PillowOptimizer(jpegli=False).render(photograph("png"), JPEG)).image.data
    )
    assert usual != absent


async def test_a_crash_of_jpegli_costs_no_rendition_and_is_not_risked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    class Recording(Worker):
        def exchange(self, request: Facts, data: bytes) -> Message:
            tried.append(bool(request.get("jpegli")))
            return super().exchange(request, data)

    expected = await PillowOptimizer(jpegli=False).render(photograph("png"), JPEG)
    IDLE.close()
    monkeypatch.setattr(worker_process, "START", CRASH + worker_process.START)
    monkeypatch.setattr(worker_pool, "Worker", Recording)
    optimizer = PillowOptimizer(jpegli=True)
    made = [await optimizer.render(photograph("png"), JPEG) for _ in range(2)]
    IDLE.close()
    assert tried == [True, False, False]
    assert made == [expected, expected]


async def test_a_crash_while_another_format_is_made_does_not_blame_jpegli(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    IDLE.close()
    optimizer = PillowOptimizer(jpegli=True)
    with monkeypatch.context() as broken:
        broken.setattr(worker_process, "START", "raise SystemExit(3)")
        with pytest.raises(CannotRender, match="crashed"):
            await optimizer.render(photograph("png"), RenditionSpec(format=ImageFormat.WEBP))
    made = await optimizer.render(photograph("png"), JPEG)
    assert made == await PillowOptimizer(jpegli=True).render(photograph("png"), JPEG)
