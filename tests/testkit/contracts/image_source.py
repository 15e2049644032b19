"""What every ImageSource promises. The tests of a new one inherit this suite."""

from base64 import b64encode
from collections.abc import Mapping, Sequence

import pytest

from application.ports.image_source import ImageSource
from domain.errors import UnreadableImage

from ..fakes import PNG

pytestmark = pytest.mark.anyio
NO_PLACES = (
    "",
    "last",
    "last:2",
    PNG.id,
    PNG.id[:12],
    "job_" + "0" * 32,
    f"image://{PNG.id}",
    b64encode(PNG.data).decode(),
    f"data:image/png;base64,{b64encode(PNG.data).decode()}",
    "the fox image",
)
"""References that name no place outside the server."""


class ImageSourceContract:
    """Give three fixtures: `source`, `images` and `refused`; the suite tests the rest.

    `images` has the bytes of the images that the source opens, by their names, and `refused` the
    names of its kind that it refuses.
    """

    async def test_a_name_opens_its_image_unchanged(
        self, source: ImageSource, images: Mapping[str, bytes]
    ) -> None:
        assert images
        for name, data in images.items():
            image = await source.open(name)
            assert image is not None, name
            assert image.data == data, name

    @pytest.mark.parametrize("name", NO_PLACES, ids=lambda name: name[:20])
    async def test_a_reference_to_no_place_is_left_to_others(
        self, source: ImageSource, name: str
    ) -> None:
        assert await source.open(name) is None

    async def test_a_refusal_is_a_sentence_with_advice(
        self, source: ImageSource, refused: Sequence[str]
    ) -> None:
        assert refused
        for name in refused:
            with pytest.raises(UnreadableImage) as raised:
                await source.open(name)
            assert raised.value.message.endswith("."), name
            assert raised.value.hint.endswith("."), name

    async def test_the_offer_completes_a_sentence(self, source: ImageSource) -> None:
        assert source.offer
        assert not source.offer.endswith(".")
