"""What every ImageProcessor promises. The tests of a new one inherit this suite."""

import asyncio
from io import BytesIO

import PIL.Image
import pytest

from application.ports.image_optimizer import CannotRender
from application.ports.image_processor import ImageProcessor
from domain.image import Image
from domain.image_formats import ImageFormat

from ..photographs import cutout, graphic, photograph


@pytest.mark.anyio
class ImageProcessorContract:
    """Give a fixture `processor`; the suite tests the rest."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def processor(self) -> ImageProcessor:
        pytest.fail("The class that inherits this suite gives the processor.")

    def test_its_name_and_options_are_texts_that_stay(self, processor: ImageProcessor) -> None:
        assert processor.name
        assert processor.name == processor.name.strip()
        texts = [processor.name, *processor.options, *processor.options.values()]
        assert {*map(type, texts)} == {str}
        again = [processor.name, *processor.options, *processor.options.values()]
        assert again == texts

    @pytest.mark.parametrize("form", list(ImageFormat))
    async def test_it_makes_an_intact_image_of_every_format(
        self, processor: ImageProcessor, form: ImageFormat
    ) -> None:
        assert_intact(await processor.process(photograph(form.value)))

    @pytest.mark.parametrize("image", [cutout(), graphic()], ids=["a cut-out", "a graphic"])
    async def test_it_makes_an_intact_image_of_every_content(
        self, processor: ImageProcessor, image: Image
    ) -> None:
        assert_intact(await processor.process(image))

    async def test_equal_images_give_equal_images(self, processor: ImageProcessor) -> None:
        made = [await processor.process(photograph("png")) for _ in range(2)]
        assert made[0].data == made[1].data

    async def test_it_serves_several_at_once(self, processor: ImageProcessor) -> None:
        alone = [await processor.process(image) for image in (photograph("png"), graphic())]
        both = await asyncio.gather(
            processor.process(photograph("png")), processor.process(graphic())
        )
        assert [image.data for image in both] == [image.data for image in alone]

    async def test_other_tasks_run_meanwhile(self, processor: ImageProcessor) -> None:
        ran = asyncio.Event()
        image = photograph("png")
        asyncio.get_running_loop().call_soon(ran.set)
        if await processor.process(image) is not image:
            assert ran.is_set()

    @pytest.mark.parametrize("cut", [0, 4, 60, 5000])
    async def test_an_unreadable_image_cannot_be_rendered(
        self, processor: ImageProcessor, cut: int
    ) -> None:
        with pytest.raises(CannotRender):
            await processor.process(Image(photograph("png").data[:cut]))


def assert_intact(image: Image) -> None:
    """Decode the whole image."""
    assert image.format in ImageFormat
    with PIL.Image.open(BytesIO(image.data)) as opened:
        opened.load()
        assert opened.size == (image.dimensions.width, image.dimensions.height)
