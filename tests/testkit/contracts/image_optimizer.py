"""What every ImageOptimizer promises. The tests of a new one inherit this suite."""

from io import BytesIO

import PIL.Image
import pytest

from application.ports.image_optimizer import CannotRender, ImageOptimizer
from domain.delivery_sizes import DeliverySize
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import RenditionSpec

from ..photographs import cutout, graphic, photograph

pytestmark = pytest.mark.anyio


class ImageOptimizerContract:
    """Give a fixture `optimizer`; the suite tests the rest."""

    @pytest.mark.parametrize("form", list(ImageFormat))
    async def test_an_image_that_meets_the_spec_is_returned_itself(
        self, optimizer: ImageOptimizer, form: ImageFormat
    ) -> None:
        image = photograph(form.value)
        spec = RenditionSpec(format=form, max_side=1024, max_bytes=len(image.data))
        assert (await optimizer.render(image, spec)).image is image

    @pytest.mark.parametrize("form", list(ImageFormat))
    @pytest.mark.parametrize("came", list(ImageFormat))
    async def test_another_format_looks_the_same(
        self, optimizer: ImageOptimizer, came: ImageFormat, form: ImageFormat
    ) -> None:
        image = photograph(came.value)
        rendition = await optimizer.render(image, RenditionSpec(format=form))
        assert rendition.image.format is form
        assert rendition.image.dimensions == image.dimensions
        assert distance(image, rendition.image) < 3

    @pytest.mark.parametrize("room", [600_000, 100_000, 20_000, 6_000])
    @pytest.mark.parametrize("alpha", [False, True])
    async def test_a_limit_of_bytes_is_met_and_the_image_looks_the_same(
        self, optimizer: ImageOptimizer, room: int, alpha: bool
    ) -> None:
        image = cutout() if alpha else photograph("png")
        preview = await optimizer.render(image, RenditionSpec(max_bytes=room))
        assert len(preview.image.data) <= room
        assert preview.image.has_alpha is alpha
        assert distance(image, preview.image) < 30

    @pytest.mark.parametrize(
        ("image", "room", "form"),
        [
            pytest.param(photograph("png"), 600_000, ImageFormat.JPEG, id="a photograph"),
            pytest.param(photograph("webp"), 100_000, ImageFormat.JPEG, id="a WebP"),
            pytest.param(cutout(), 900_000, ImageFormat.PNG, id="a cut-out"),
            pytest.param(cutout(), 60_000, ImageFormat.JPEG, id="a cut-out that is too large"),
            pytest.param(photograph("avif"), 600_000, ImageFormat.JPEG, id="an AVIF"),
            pytest.param(graphic(), 600_000, ImageFormat.PNG, id="a graphic"),
            pytest.param(graphic(), 2_500, ImageFormat.JPEG, id="a graphic that is too large"),
        ],
    )
    async def test_a_portable_rendition_is_a_png_or_jpeg_that_fits(
        self, optimizer: ImageOptimizer, image: Image, room: int, form: ImageFormat
    ) -> None:
        spec = RenditionSpec(max_bytes=room, portable=True)
        rendition = await optimizer.render(image, spec)
        assert rendition.image.format is form
        assert len(rendition.image.data) <= room

    async def test_a_cutout_as_jpeg_is_on_white(self, optimizer: ImageOptimizer) -> None:
        made = await optimizer.render(cutout(), RenditionSpec(max_bytes=60_000, portable=True))
        with PIL.Image.open(BytesIO(made.image.data)) as opened:
            assert opened.convert("L").getpixel((0, 0)) in range(250, 256)

    async def test_a_limit_that_no_image_can_meet_is_refused(
        self, optimizer: ImageOptimizer
    ) -> None:
        with pytest.raises(CannotRender, match="100 bytes"):
            await optimizer.render(photograph("png"), RenditionSpec(max_bytes=100))

    async def test_a_limit_of_pixels_is_met(self, optimizer: ImageOptimizer) -> None:
        rendition = await optimizer.render(photograph("png"), RenditionSpec(max_side=300))
        assert str(rendition.image.dimensions) == "300x300"

    @pytest.mark.parametrize(
        ("size", "made"),
        [
            ("800x600", "600x600"),
            ("800x600 cover", "800x600"),
            ("300x4000", "300x300"),
            ("2048x1024 cover", "1024x512"),
        ],
    )
    @pytest.mark.parametrize("image", [photograph("png"), photograph("jpeg"), cutout()])
    async def test_a_size_is_met_without_enlarging(
        self, optimizer: ImageOptimizer, image: Image, size: str, made: str
    ) -> None:
        spec = RenditionSpec(format=image.format, size=DeliverySize.parse(size))
        rendition = await optimizer.render(image, spec)
        assert str(rendition.image.dimensions) == made
        assert (rendition.image.format, rendition.image.has_alpha) == (
            image.format,
            image.has_alpha,
        )

    async def test_a_cover_is_cut_from_the_middle(self, optimizer: ImageOptimizer) -> None:
        spec = RenditionSpec(format=ImageFormat.PNG, size=DeliverySize.parse("512x128 cover"))
        made = await optimizer.render(photograph("png"), spec)
        with PIL.Image.open(BytesIO(photograph("png").data)) as opened:
            middle = opened.crop((0, 384, 1024, 640)).resize((512, 128))
            out = BytesIO()
            middle.save(out, "PNG")
        assert distance(Image(out.getvalue()), made.image) < 3

    async def test_an_image_of_the_size_is_returned_itself(self, optimizer: ImageOptimizer) -> None:
        for size in ("1024x1024", "1024x1024 cover", "5000x1024"):
            spec = RenditionSpec(format=ImageFormat.PNG, size=DeliverySize.parse(size))
            assert (await optimizer.render(photograph("png"), spec)).image is photograph("png")

    @pytest.mark.parametrize(
        ("image", "form"),
        [
            pytest.param(photograph("png"), ImageFormat.JPEG, id="a photograph"),
            pytest.param(cutout(), ImageFormat.WEBP, id="a cut-out"),
            pytest.param(graphic(), ImageFormat.WEBP, id="a graphic"),
        ],
    )
    async def test_the_content_of_an_image_decides_its_smaller_form(
        self, optimizer: ImageOptimizer, image: Image, form: ImageFormat
    ) -> None:
        rendition = await optimizer.render(image, RenditionSpec(smaller=True))
        assert rendition.image.format is form
        assert len(rendition.image.data) < 0.97 * len(image.data)
        assert rendition.image.has_alpha is image.has_alpha

    async def test_an_image_of_few_colors_loses_nothing(self, optimizer: ImageOptimizer) -> None:
        image = graphic()
        rendition = await optimizer.render(image, RenditionSpec(smaller=True))
        assert distance(image, rendition.image, side=256) == 0

    async def test_an_image_that_gets_no_smaller_is_returned_itself(
        self, optimizer: ImageOptimizer
    ) -> None:
        once = await optimizer.render(photograph("png"), RenditionSpec(smaller=True))
        again = await optimizer.render(once.image, RenditionSpec(smaller=True))
        assert again.image is once.image

    async def test_a_higher_quality_takes_more_bytes(self, optimizer: ImageOptimizer) -> None:
        for form in (ImageFormat.JPEG, ImageFormat.WEBP, ImageFormat.AVIF):
            sizes = [
                len((await optimizer.render(photograph("png"), spec)).image.data)
                for spec in (RenditionSpec(format=form, compression=n) for n in (30, 60, 90))
            ]
            assert sizes == sorted(set(sizes))

    @pytest.mark.parametrize("cut", [0, 4, 60, 5000])
    async def test_an_unreadable_image_is_refused(
        self, optimizer: ImageOptimizer, cut: int
    ) -> None:
        broken = Image(photograph("png").data[:cut])
        with pytest.raises(CannotRender):
            await optimizer.render(broken, RenditionSpec(smaller=True))


def distance(one: Image, other: Image, *, side: int = 16) -> float:
    """Mean difference of the channels, 0 to 255, of both before gray, scaled to `side` pixels."""
    small = [_small(image, side) for image in (one, other)]
    total: int = sum(abs(a - b) for a, b in zip(*small, strict=True))
    return total / len(small[0])


def _small(image: Image, side: int) -> bytes:
    with PIL.Image.open(BytesIO(image.data)) as opened:
        front = opened.convert("RGBA")
    whole = PIL.Image.alpha_composite(PIL.Image.new("RGBA", front.size, "gray"), front)
    return whole.convert("RGB").resize((side, side)).tobytes()
