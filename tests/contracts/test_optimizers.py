"""PillowOptimizer fulfills its port's contract, and has more tests."""

import asyncio
from io import BytesIO

import PIL.Image
import PIL.ImageCms
import pytest

from adapters.pillow import worker_pool, worker_process
from adapters.pillow.encoding import encode
from adapters.pillow.frames import Facts, Message
from adapters.pillow.optimizer import PillowOptimizer
from adapters.pillow.worker_process import IDLE, Worker
from application.ports.image_optimizer import CannotRender, ImageOptimizer
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import RenditionSpec
from tests.testkit.contracts.image_optimizer import ImageOptimizerContract, distance
from tests.testkit.photographs import cutout, graphic, photograph
from tests.unit.image_files import header, png

pytestmark = pytest.mark.anyio
LOSSY = (ImageFormat.JPEG, ImageFormat.WEBP, ImageFormat.AVIF)
JPEG = RenditionSpec(format=ImageFormat.JPEG)
ORIENTATION = 0x0112
PROFILE = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()


class TestPillowOptimizer(ImageOptimizerContract):
    @pytest.fixture
    def optimizer(self) -> ImageOptimizer:
        return PillowOptimizer(jpegli=False)


async def render(
    image: Image, spec: RenditionSpec, *, jpegli: bool | None = None
) -> PIL.Image.Image:
    """The rendition, decoded."""
    rendition = await PillowOptimizer(jpegli=jpegli).render(image, spec)
    return PIL.Image.open(BytesIO(rendition.image.data))


def saved(pillow_image: PIL.Image.Image, form: str = "PNG", **options: object) -> Image:
    out = BytesIO()
    pillow_image.save(out, form, **options)
    return Image(out.getvalue())


def rotated_by_exif() -> tuple[PIL.Image.Image, PIL.Image.Exif]:
    """64x32 pixels, dark on the left, with EXIF data that rotates it clockwise."""
    pillow_image = PIL.Image.new("RGB", (64, 32), "white")
    pillow_image.paste("black", (0, 0, 32, 32))
    exif = pillow_image.getexif()
    exif[ORIENTATION] = 6
    exif[0x010E] = "where I live"
    return pillow_image, exif


@pytest.mark.parametrize("jpegli", [False, True])
@pytest.mark.parametrize("form", LOSSY)
async def test_a_rendition_is_upright_and_has_no_metadata(form: ImageFormat, jpegli: bool) -> None:
    pillow_image, exif = rotated_by_exif()
    image = saved(pillow_image, exif=exif, icc_profile=PROFILE)
    with await render(image, RenditionSpec(format=form), jpegli=jpegli) as turned:
        assert turned.size == (32, 64)
        gray = turned.convert("L").tobytes()
        assert max(gray[: 32 * 24]) < 10
        assert min(gray[32 * 40 :]) > 245
        assert not turned.getexif()
        assert turned.info.get("icc_profile") == PROFILE
    made = await PillowOptimizer(jpegli=jpegli).render(image, RenditionSpec(format=form))
    assert b"where I live" not in made.image.data


async def test_jpeg_by_pillow_is_progressive() -> None:
    with await render(photograph("png"), JPEG, jpegli=False) as jpeg:
        assert jpeg.info.get("progressive")


@pytest.mark.parametrize("jpegli", [False, True])
async def test_a_preview_is_encoded_in_one_pass_because_that_is_five_times_faster(
    jpegli: bool,
) -> None:
    spec = RenditionSpec(max_side=64, max_bytes=100_000, portable=True)
    with await render(photograph("png"), spec, jpegli=jpegli) as preview:
        assert preview.format == "JPEG"
        assert not preview.info.get("progressive")


@pytest.mark.parametrize("jpegli", [False, True])
async def test_transparency_becomes_white_in_jpeg(jpegli: bool) -> None:
    with await render(cutout(), JPEG, jpegli=jpegli) as jpeg:
        assert jpeg.getpixel((2, 2)) == (255, 255, 255)


async def test_an_opaque_alpha_channel_is_dropped() -> None:
    with PIL.Image.open(BytesIO(photograph("png").data)) as opened:
        image = saved(opened.convert("RGBA"))
    rendition = await PillowOptimizer().render(image, RenditionSpec(smaller=True))
    assert rendition.image.format is ImageFormat.JPEG


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA"])
async def test_every_common_mode_is_decoded(mode: str) -> None:
    with PIL.Image.open(BytesIO(graphic().data)) as opened:
        image = saved(opened.convert(mode))
    rendition = await PillowOptimizer().render(image, RenditionSpec(format=ImageFormat.WEBP))
    assert distance(image, rendition.image) < 3


@pytest.mark.parametrize("mode", ["I;16", "CMYK"])
async def test_modes_whose_colors_would_change_are_rejected(mode: str) -> None:
    image = saved(PIL.Image.new(mode, (8, 8)), "JPEG" if mode == "CMYK" else "PNG")
    with pytest.raises(CannotRender, match=f"color mode is {mode}"):
        await PillowOptimizer().render(image, RenditionSpec(format=ImageFormat.WEBP))


async def test_detailed_images_are_distinguished_from_smooth_ones() -> None:
    noise = saved(PIL.Image.effect_noise((256, 256), 60).convert("RGB"))
    smooth = saved(PIL.Image.radial_gradient("L").resize((600, 600), PIL.Image.Resampling.BICUBIC))
    descriptions = [
        (await PillowOptimizer().render(image, RenditionSpec(format=ImageFormat.JPEG))).description
        for image in (noise, smooth)
    ]
    assert descriptions[0].startswith("detailed image as JPEG")
    assert descriptions[1].startswith("smooth image as JPEG")


async def test_at_most_one_rendition_per_core_is_made_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running, peak = 0, 0

    class Counting(Worker):
        def exchange(self, request: Facts, data: bytes) -> Message:
            nonlocal running, peak
            running += 1
            peak = max(peak, running)
            reply = super().exchange(request, data)
            running -= 1
            return reply

    IDLE.close()
    monkeypatch.setattr(worker_pool, "Worker", Counting)
    optimizer, spec = PillowOptimizer(cores=2), RenditionSpec(format=ImageFormat.PNG)
    small = saved(PIL.Image.new("RGB", (8, 8)), "JPEG")
    await asyncio.gather(*(optimizer.render(small, spec) for _ in range(6)))
    assert peak == 2
    IDLE.close()


async def test_an_image_that_takes_too_long_does_not_block_others() -> None:
    slow = saved(PIL.Image.effect_noise((3000, 3000), 90), "JPEG")
    small = saved(PIL.Image.new("RGB", (8, 8)), "JPEG")
    optimizer, spec = PillowOptimizer(cores=1), RenditionSpec(format=ImageFormat.PNG)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(optimizer.render(slow, spec), 0.01)
    async with asyncio.timeout(20):
        assert (await optimizer.render(small, spec)).image.format is ImageFormat.PNG


async def test_an_image_whose_encoder_crashes_has_no_rendition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    IDLE.close()
    monkeypatch.setattr(worker_process, "START", "raise SystemExit(3)")
    with pytest.raises(CannotRender, match="crashed"):
        await render(photograph("png"), RenditionSpec(format=ImageFormat.JPEG))


async def test_a_rendition_of_two_headers_is_refused_before_a_pixel_is_decoded() -> None:
    with pytest.raises(CannotRender, match="second IHDR"):
        await render(Image(png(header(8, 8), header(9, 9))), RenditionSpec(format=ImageFormat.JPEG))


async def test_a_large_profile_is_kept() -> None:
    image = saved(PIL.Image.new("RGB", (8, 8)), icc_profile=PROFILE + bytes(1_500_000))
    with await render(image, RenditionSpec(format=ImageFormat.WEBP)) as made:
        assert made.info["icc_profile"] == PROFILE + bytes(1_500_000)


async def test_an_avif_of_a_graphic_keeps_the_full_resolution_of_its_colors() -> None:
    half = 0x0C  # both bits of subsampling in the AV1 configuration
    for image, subsampled in ((graphic(), False), (photograph("png"), True)):
        made = await PillowOptimizer().render(image, RenditionSpec(format=ImageFormat.AVIF))
        configuration = made.image.data.index(b"av1C") + 4
        assert bool(made.image.data[configuration + 2] & half) is subsampled


async def test_colors_that_are_invisible_take_no_bytes_in_an_avif() -> None:
    with PIL.Image.open(BytesIO(cutout().data)) as opened:
        noise = PIL.Image.effect_noise(opened.size, 90).convert("RGB")
        noise.paste(opened.convert("RGB"), mask=opened.getchannel("A").point([0, *[255] * 255]))
        noise.putalpha(opened.getchannel("A"))
        plain, noisy = saved(opened), saved(noise)
    spec = RenditionSpec(format=ImageFormat.AVIF, compression=70)
    sizes = [
        len((await PillowOptimizer().render(image, spec)).image.data) for image in (plain, noisy)
    ]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("alpha", [0, 1])
async def test_an_avif_that_is_hardly_visible_can_be_made(alpha: int) -> None:
    image = saved(PIL.Image.new("RGBA", (8, 8), (9, 9, 9, alpha)))
    made = await PillowOptimizer().render(image, RenditionSpec(format=ImageFormat.AVIF))
    assert made.image.has_alpha


async def test_a_portable_rendition_is_no_avif_even_if_it_takes_more_bytes() -> None:
    with PIL.Image.open(BytesIO(photograph("png").data)) as opened:
        image = saved(opened, "AVIF", quality=10, speed=10)
    made = await PillowOptimizer().render(image, RenditionSpec(portable=True))
    assert made.image.format in (ImageFormat.PNG, ImageFormat.JPEG)
    assert len(made.image.data) > len(image.data)


def test_an_avif_that_would_take_too_much_memory_is_refused() -> None:
    large = PIL.Image.new("L", (4097, 3072))
    with pytest.raises(CannotRender, match="12,582,912 pixels"):
        encode(large, ImageFormat.AVIF, 80)


def test_avif_is_refused_where_pillow_was_built_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    optimizer = PillowOptimizer()
    assert all(optimizer.can_encode(form) for form in ImageFormat)
    monkeypatch.setattr("adapters.pillow.optimizer.find_spec", lambda _: None)
    can = {form for form in ImageFormat if optimizer.can_encode(form)}
    assert can == {*ImageFormat} - {ImageFormat.AVIF}
    monkeypatch.setattr("PIL.features.check", lambda _: False)
    with pytest.raises(CannotRender, match="no AVIF encoder"):
        encode(PIL.Image.new("L", (8, 8)), ImageFormat.AVIF, 80)
