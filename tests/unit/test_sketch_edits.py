"""Edits by the sketch provider change what they should and nothing else."""

from io import BytesIO

import pytest
from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo

from adapters.sketch.provider import SketchProvider
from domain.image import Image as EncodedImage
from domain.image_formats import Dimensions
from domain.provider_errors import RequestRefused
from domain.requests import EditRequest
from tests.unit import image_files
from tests.unit.sketch_help import (
    distance,
    edit,
    job,
    mask_with_hole,
    photo,
    pixels,
    png,
    read_events,
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
async def test_an_edit_changes_the_masked_region_and_no_pixel_outside_of_it() -> None:
    before, mask = photo(), mask_with_hole()
    request = EditRequest(prompt="a red balloon", images=(before,), mask=png(mask), size=None)
    after = pixels(await edit(request))
    changes = ImageChops.difference(pixels(before.data), after).convert("L")
    protected = mask.getchannel("A")
    assert ImageChops.multiply(changes, protected).getbbox() is None
    inside = changes.histogram(protected.point(lambda v: 255 - v))
    assert sum(inside[12:]) > 0.3 * sum(inside)


@pytest.mark.anyio
async def test_partial_images_of_an_edit_respect_the_mask() -> None:
    before, mask = photo(), mask_with_hole()
    request = EditRequest(
        prompt="night", images=(before,), mask=png(mask), size=None, partial_images=2
    )
    partials, _ = await read_events(SketchProvider().edit(job(request)))
    for partial in partials:
        changes = ImageChops.difference(pixels(before.data), pixels(partial.image.data))
        assert ImageChops.multiply(changes.convert("L"), mask.getchannel("A")).getbbox() is None


@pytest.mark.anyio
@pytest.mark.parametrize("size", [None, Dimensions(64, 96)])
async def test_an_edit_has_the_requested_size_or_that_of_the_first_input(
    size: Dimensions | None,
) -> None:
    request = EditRequest(prompt="winter", images=(photo(), photo(50, 200)), size=size)
    assert pixels(await edit(request)).size == ((64, 96) if size else (120, 90))


@pytest.mark.anyio
async def test_an_edit_without_a_mask_shows_the_input_and_the_change() -> None:
    first, other = photo(), png(Image.linear_gradient("L").resize((120, 90)).convert("RGB"))
    one, two = [
        await edit(EditRequest(prompt="dusk", images=(image,), size=None))
        for image in (first, other)
    ]
    assert distance(one, two) > 8, "the input is seen"
    assert distance(one, first.data) > 8, "the change is seen"


@pytest.mark.anyio
async def test_every_further_input_is_visible_in_an_edit() -> None:
    inputs = [photo(40 + 5 * at, 60) for at in range(16)]
    ones = [
        await edit(EditRequest(prompt="dusk", images=tuple(inputs[:count]), size=None))
        for count in (1, 2, 16)
    ]
    assert min(distance(ones[0], ones[1]), distance(ones[1], ones[2])) > 3


@pytest.mark.anyio
async def test_an_edit_keeps_the_alpha_of_its_input() -> None:
    cut = pixels(photo().data).convert("RGBA")
    cut.putalpha(Image.linear_gradient("L").resize(cut.size))
    after = pixels(await edit(EditRequest(prompt="gold", images=(png(cut),), size=None)))
    assert after.getchannel("A").tobytes() == cut.getchannel("A").tobytes()


@pytest.mark.anyio
async def test_an_unreadable_input_is_refused_by_its_index() -> None:
    broken = EncodedImage(photo().data[:60])
    with pytest.raises(RequestRefused, match=r"images\[1\]"):
        await edit(EditRequest(prompt="gold", images=(photo(), broken), size=None))


@pytest.mark.anyio
async def test_an_input_with_a_long_text_is_read() -> None:
    info = PngInfo()
    info.add_text("Comment", "a" * 2_000_000, zip=True)
    out = BytesIO()
    pixels(photo().data).save(out, "PNG", pnginfo=info)
    request = EditRequest(prompt="winter", images=(EncodedImage(out.getvalue()),), size=None)
    assert pixels(await edit(request)).size == (120, 90)


@pytest.mark.anyio
async def test_an_input_of_two_headers_is_refused() -> None:
    image = EncodedImage(image_files.png(image_files.header(), image_files.header(9, 9)))
    with pytest.raises(RequestRefused, match=r"cannot read images\[1\]"):
        await edit(EditRequest(prompt="winter", images=(photo(), image)))
