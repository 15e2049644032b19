"""Pillow's optimizer keeps its port's promises, and some of its own."""

import asyncio
import threading
from io import BytesIO

import PIL.Image
import PIL.ImageCms
import pytest

from adapters.pillow import optimizer as pillow
from adapters.pillow.optimizer import PillowOptimizer
from application.ports.image_optimizer import CannotRender, ImageOptimizer
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import RenditionSpec
from tests.testkit.contracts.image_optimizer import ImageOptimizerContract, distance
from tests.testkit.photographs import cutout, graphic, photograph

pytestmark = pytest.mark.anyio
LOSSY = (ImageFormat.JPEG, ImageFormat.WEBP)
ORIENTATION = 0x0112
PROFILE = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()


class TestPillowOptimizer(ImageOptimizerContract):
    @pytest.fixture
    def optimizer(self) -> ImageOptimizer:
        return PillowOptimizer()


async def rendered(image: Image, spec: RenditionSpec) -> PIL.Image.Image:
    """The rendition, opened."""
    rendition = await PillowOptimizer().render(image, spec)
    return PIL.Image.open(BytesIO(rendition.image.data))


def saved(picture: PIL.Image.Image, form: str = "PNG", **options: object) -> Image:
    out = BytesIO()
    picture.save(out, form, **options)
    return Image(out.getvalue())


def lopsided() -> tuple[PIL.Image.Image, PIL.Image.Exif]:
    """64x32 pixels, dark on the left, with EXIF that says to turn it clockwise."""
    picture = PIL.Image.new("RGB", (64, 32), "white")
    picture.paste("black", (0, 0, 32, 32))
    exif = picture.getexif()
    exif[ORIENTATION] = 6
    exif[0x010E] = "where I live"
    return picture, exif


@pytest.mark.parametrize("form", LOSSY)
async def test_a_rendition_is_upright_and_tells_nothing_else(form: ImageFormat) -> None:
    picture, exif = lopsided()
    image = saved(picture, exif=exif, icc_profile=PROFILE)
    with await rendered(image, RenditionSpec(format=form)) as turned:
        assert turned.size == (32, 64)
        gray = turned.convert("L").tobytes()
        assert max(gray[: 32 * 24]) < 10
        assert min(gray[32 * 40 :]) > 245
        assert not turned.getexif()
        assert turned.info.get("icc_profile") == PROFILE
    assert (
        b"where I live"
        not in (await PillowOptimizer().render(image, RenditionSpec(format=form))).image.data
    )


async def test_jpeg_is_progressive() -> None:
    with await rendered(photograph("png"), RenditionSpec(format=ImageFormat.JPEG)) as jpeg:
        assert jpeg.info.get("progressive")


async def test_transparency_becomes_paper_where_a_format_has_none() -> None:
    with await rendered(cutout(), RenditionSpec(format=ImageFormat.JPEG)) as jpeg:
        assert jpeg.getpixel((2, 2)) == (255, 255, 255)


async def test_an_alpha_channel_that_says_nothing_is_dropped() -> None:
    with PIL.Image.open(BytesIO(photograph("png").data)) as opened:
        image = saved(opened.convert("RGBA"))
    rendition = await PillowOptimizer().render(image, RenditionSpec(smaller=True))
    assert rendition.image.format is ImageFormat.JPEG


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA"])
async def test_every_common_mode_can_be_read(mode: str) -> None:
    with PIL.Image.open(BytesIO(graphic().data)) as opened:
        image = saved(opened.convert(mode))
    rendition = await PillowOptimizer().render(image, RenditionSpec(format=ImageFormat.WEBP))
    assert distance(image, rendition.image) < 3


@pytest.mark.parametrize("mode", ["I;16", "CMYK"])
async def test_modes_whose_colors_would_change_are_refused(mode: str) -> None:
    image = saved(PIL.Image.new(mode, (8, 8)), "JPEG" if mode == "CMYK" else "PNG")
    with pytest.raises(CannotRender, match=f"color mode is {mode}"):
        await PillowOptimizer().render(image, RenditionSpec(format=ImageFormat.WEBP))


async def test_a_busy_picture_gets_a_finer_number_than_a_quiet_one() -> None:
    noise = saved(PIL.Image.effect_noise((256, 256), 60).convert("RGB"))
    quiet = saved(PIL.Image.radial_gradient("L").resize((600, 600), PIL.Image.Resampling.BICUBIC))
    said = [
        (await PillowOptimizer().render(image, RenditionSpec(format=ImageFormat.JPEG))).description
        for image in (noise, quiet)
    ]
    assert said[0].startswith("detailed image as JPEG")
    assert said[1].startswith("smooth image as JPEG")


async def test_no_more_renditions_are_made_at_once_than_there_are_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_work, most, threads = 0, 0, set()
    real, met = pillow._render, threading.Barrier(2, timeout=5)

    def counted(image: Image, spec: RenditionSpec) -> object:
        nonlocal at_work, most
        threads.add(threading.current_thread())
        at_work += 1
        most = max(most, at_work)
        met.wait()
        at_work -= 1
        return real(image, spec)

    monkeypatch.setattr(pillow, "_render", counted)
    optimizer, spec = PillowOptimizer(cores=2), RenditionSpec(format=ImageFormat.PNG)
    small = saved(PIL.Image.new("RGB", (8, 8)), "JPEG")
    await asyncio.gather(*(optimizer.render(small, spec) for _ in range(6)))
    assert most == 2
    assert threading.main_thread() not in threads


async def test_a_picture_that_hangs_is_given_up_and_others_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, gate = pillow._render, threading.Event()
    bomb, small = (saved(PIL.Image.new("RGB", (8, side)), "JPEG") for side in (8, 9))
    monkeypatch.setattr(
        pillow,
        "_render",
        lambda image, spec: gate.wait(30) if image == bomb else real(image, spec),
    )
    optimizer, spec = PillowOptimizer(cores=1), RenditionSpec(format=ImageFormat.PNG)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(optimizer.render(bomb, spec), 0.01)
    with pytest.raises(CannotRender, match="still running"):
        await optimizer.render(bomb, spec)
    assert (await optimizer.render(small, spec)).image.format is ImageFormat.PNG
    gate.set()
