"""What every ImageNormalizer promises. The tests of a new one inherit this suite."""

from io import BytesIO

import PIL.Image
import pytest

from application.ports.image_normalizer import ImageNormalizer
from domain.errors import InvalidRequest, UnreadableImage
from domain.image import Image
from domain.image_formats import PROVIDER_FORMATS, ImageFormat
from domain.input_images import NormalizedImage

pytestmark = pytest.mark.anyio
WIDTH, HEIGHT = 40, 24
ORIENTATION = 0x0112


class ImageNormalizerContract:
    """Give a fixture `normalizer`; the suite tests the rest."""

    @pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
    @pytest.mark.parametrize("form", PROVIDER_FORMATS)
    async def test_an_ordinary_image_keeps_its_bytes(
        self, normalizer: ImageNormalizer, form: ImageFormat, mode: str
    ) -> None:
        if form is ImageFormat.JPEG and mode == "RGBA":
            return
        image = _saved(_drawn().convert(mode), form.value)
        made = await normalizer.normalize(image)
        assert made == NormalizedImage(image=image)

    @pytest.mark.parametrize("orientation", range(1, 9))
    async def test_an_image_is_upright_and_has_no_metadata(
        self, normalizer: ImageNormalizer, orientation: int
    ) -> None:
        exif = PIL.Image.Exif()
        exif[ORIENTATION] = orientation
        made = await normalizer.normalize(_saved(_drawn(), "png", exif=exif.tobytes()))
        assert made.orientation == orientation
        assert str(made.stored) == f"{WIDTH}x{HEIGHT}"
        shown = _opened(made.image)
        assert (shown.width > shown.height) is (orientation < 5)
        assert not shown.getexif()
        assert bool(made.changes) is (orientation != 1)

    @pytest.mark.parametrize("mode", ["1", "LA", "P", "I;16", "CMYK"])
    async def test_an_image_of_another_kind_becomes_gray_rgb_or_rgba(
        self, normalizer: ImageNormalizer, mode: str
    ) -> None:
        drawn = PIL.Image.new(mode, (WIDTH, HEIGHT), 1)
        made = await normalizer.normalize(_saved(drawn, "jpeg" if mode == "CMYK" else "png"))
        assert _opened(made.image).mode in ("L", "RGB", "RGBA")
        assert str(made.image.dimensions) == f"{WIDTH}x{HEIGHT}"

    async def test_equal_bytes_give_equal_bytes(self, normalizer: ImageNormalizer) -> None:
        image = _saved(_drawn().convert("CMYK"), "jpeg")
        once, again = [await normalizer.normalize(Image(bytes(image.data))) for _ in range(2)]
        assert once == again

    @pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
    async def test_what_is_no_image_is_refused(
        self, normalizer: ImageNormalizer, data: bytes
    ) -> None:
        with pytest.raises(UnreadableImage):
            await normalizer.normalize(Image(data))
        with pytest.raises(UnreadableImage):
            await normalizer.normalize_mask(Image(data), NormalizedImage(image=_saved(_drawn())))

    async def test_a_mask_that_fits_keeps_its_bytes(self, normalizer: ImageNormalizer) -> None:
        mask = _mask((WIDTH, HEIGHT))
        made = await normalizer.normalize_mask(mask, NormalizedImage(image=_saved(_drawn())))
        assert (made.mask, made.notes) == (mask, ())

    async def test_another_mask_becomes_a_png_of_the_images_size(
        self, normalizer: ImageNormalizer
    ) -> None:
        image = NormalizedImage(image=_saved(_drawn()))
        made = await normalizer.normalize_mask(_mask((WIDTH * 2, HEIGHT * 2), "webp"), image)
        assert made.mask is not None
        assert (made.mask.format, made.mask.has_alpha) == (ImageFormat.PNG, True)
        assert made.mask.dimensions == image.image.dimensions
        assert made.notes

    async def test_a_mask_that_marks_nothing_is_refused(self, normalizer: ImageNormalizer) -> None:
        image = _saved(_drawn().convert("RGBA"))
        with pytest.raises(InvalidRequest, match="marks nothing") as refused:
            await normalizer.normalize_mask(image, NormalizedImage(image=image))
        assert refused.value.field == "mask"


def _drawn() -> PIL.Image.Image:
    return PIL.Image.linear_gradient("L").resize((WIDTH, HEIGHT)).convert("RGB")


def _mask(size: tuple[int, int], form: str = "png") -> Image:
    drawn = PIL.Image.new("RGBA", size, "black")
    drawn.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1]))
    return _saved(drawn, form)


def _saved(drawn: PIL.Image.Image, form: str = "png", **options: object) -> Image:
    out = BytesIO()
    drawn.save(out, form, **options)
    return Image(out.getvalue())


def _opened(image: Image) -> PIL.Image.Image:
    with PIL.Image.open(BytesIO(image.data)) as opened:
        opened.load()
        return opened
