"""AVIF as a format of results: made here, previewed in another format, or refused in time."""

from dataclasses import replace

import pytest

from domain.errors import InvalidRequest
from domain.image import Image, StoredRef
from domain.image_formats import ImageFormat
from domain.renditions import Rendition
from domain.requests import GenerateRequest
from domain.results import ImageResult, ResultImage
from entrypoints.cli.output_target import OutputTarget
from tests.testkit.fakes import PNG, FrozenClock, ScriptedOptimizer, renditions, small_image

pytestmark = pytest.mark.anyio
JPEG = small_image(form="JPEG")
AVIF = small_image(form="AVIF")


def answer(image: Image) -> ImageResult:
    return ImageResult(
        job_id="job_1",
        images=(ResultImage(image=image, stored=StoredRef(ref=image.id)),),
        provider="fake",
        model="fake-1",
        requested_model="fake-1",
        created_at=FrozenClock().now(),
    )


@pytest.mark.parametrize("rendition", [True, False])
async def test_an_avif_is_previewed_in_a_format_that_models_read(rendition: bool) -> None:
    optimizer = ScriptedOptimizer(JPEG)
    (image,) = answer(PNG if rendition else AVIF).images
    if rendition:
        image = replace(image, rendition=Rendition(image=AVIF, description=""))
    assert await renditions(optimizer).preview(image, max_bytes=1_000_000) == JPEG
    assert optimizer.seen[0].portable


async def test_a_format_that_cannot_be_made_is_refused() -> None:
    optimizer = ScriptedOptimizer(AVIF)
    optimizer.lacks = {ImageFormat.AVIF}
    for form in (None, ImageFormat.PNG):
        renditions(optimizer).check_format(form)
    with pytest.raises(InvalidRequest, match="cannot make avif") as refused:
        renditions(optimizer).check_format(ImageFormat.AVIF)
    assert (refused.value.field, refused.value.charged) == ("format", "no")


async def test_an_avif_has_no_note_on_the_format_that_the_provider_sent() -> None:
    asked = GenerateRequest(prompt="a red bridge", format=ImageFormat.AVIF)
    made = renditions(ScriptedOptimizer(AVIF))
    (served,) = (await made.apply_requested_format(answer(PNG), asked)).images
    assert served.delivered == AVIF
    assert served.notes == ()


async def test_an_output_file_with_the_extension_is_an_avif() -> None:
    assert OutputTarget(given="FOX.AVIF").format_for(None) == "avif"
    assert OutputTarget(given="fox.avif").format_for("AVIF") == "avif"
    with pytest.raises(InvalidRequest, match="a name for avif, but --format is webp"):
        OutputTarget(given="fox.avif").format_for("webp")
