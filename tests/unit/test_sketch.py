"""The sketch provider is deterministic and draws every size, format and background."""

import hashlib
import subprocess
import sys
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from adapters.sketch.provider import SketchProvider
from application.ports.image_provider import ImageProvider
from domain.image_formats import PROVIDER_FORMATS, Dimensions, ImageFormat
from domain.provider_errors import RequestRefused
from domain.requests import Background, GenerateRequest
from tests.unit.sketch_help import (
    SMALL,
    distance,
    generate,
    job,
    pixels,
    read_events,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_the_sketch_provider_has_no_endpoint_and_is_free_for_every_model() -> None:
    provider: ImageProvider = SketchProvider()
    card = provider.catalog.choose("gpt-image-2.6-flare", datetime.now(UTC).date()).card
    assert (provider.name, provider.endpoint) == ("sketch", "")
    assert card.cost(None) == 0


SCRIPT = """
import asyncio, hashlib
from tests.unit.sketch_help import generate
print(hashlib.sha256(b"".join(asyncio.run(generate("a castle in fog, birds", n=2)))).hexdigest())
"""


@pytest.mark.anyio
async def test_equal_requests_give_equal_bytes_in_two_processes() -> None:
    here = hashlib.sha256(b"".join(await generate("a castle in fog, birds", n=2))).hexdigest()
    run = subprocess.run(  # noqa: ASYNC221 - nothing else runs in this test
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == here


SIZES = (Dimensions(64, 64), Dimensions(96, 48), Dimensions(20, 80))


@pytest.mark.anyio
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_an_image_of_every_format_and_background_has_the_requested_size(
    size: Dimensions,
) -> None:
    for form, background in product(PROVIDER_FORMATS, Background):
        transparent = background is Background.TRANSPARENT
        if transparent and form is ImageFormat.JPEG:
            continue
        request = GenerateRequest(prompt="fir", size=size, format=form, background=background)
        _, delivered = await read_events(SketchProvider().generate(job(request)))
        image = pixels(delivered.images[0].image.data)
        assert image.format == form.value.upper()
        assert image.size == (size.width, size.height)
        assert image.mode == ("RGBA" if transparent else "RGB")


@pytest.mark.anyio
async def test_an_image_without_a_requested_size_is_1024_square() -> None:
    assert pixels((await generate("dunes", size=None))[0]).size == (1024, 1024)


@pytest.mark.anyio
async def test_a_size_out_of_bounds_is_refused() -> None:
    with pytest.raises(RequestRefused, match="99999x99999"):
        await generate("dunes", size=Dimensions(99999, 99999))


@pytest.mark.anyio
async def test_a_transparent_background_has_transparent_corners_and_an_opaque_middle() -> None:
    request = GenerateRequest(prompt="a tree", size=SMALL, background=Background.TRANSPARENT)
    _, delivered = await read_events(SketchProvider().generate(job(request)))
    alpha = pixels(delivered.images[0].image.data).getchannel("A")
    assert [alpha.getpixel(at) for at in ((0, 0), (95, 0), (0, 95), (95, 95))] == [0] * 4
    assert alpha.getpixel((48, 70)) == 255


@pytest.mark.anyio
@pytest.mark.parametrize("count", [1, 2, 3])
async def test_each_partial_image_is_nearer_to_the_final_image(count: int) -> None:
    request = GenerateRequest(prompt="a lake", size=SMALL, partial_images=count, n=2)
    partials, delivered = await read_events(SketchProvider().generate(job(request)))
    assert [(one.image_index, one.index) for one in partials] == list(
        product(range(2), range(count))
    )
    final = delivered.images[0].image.data
    distances = [distance(one.image.data, final) for one in partials if one.image_index == 0]
    assert distances == sorted(distances, reverse=True)
    assert len(set(distances)) == count
    assert min(distances) > 1


@pytest.mark.anyio
async def test_partial_images_and_model_do_not_change_the_image() -> None:
    plain = (await generate("a lake"))[0]
    request = GenerateRequest(prompt="a lake", size=SMALL, partial_images=3, model="other")
    _, delivered = await read_events(SketchProvider().generate(job(request)))
    assert delivered.images[0].image.data == plain


@pytest.mark.anyio
async def test_images_of_one_request_and_of_different_prompts_differ_visibly() -> None:
    images = await generate("a lake at noon", n=4) + await generate("a red desert")
    distances = [distance(a, b) for at, a in enumerate(images) for b in images[at + 1 :]]
    assert min(distances) > 5
