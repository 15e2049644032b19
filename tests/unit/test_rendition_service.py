"""Renditions: when one is needed, that it is made once, and what happens if it fails."""

import asyncio
from dataclasses import fields, replace
from typing import Any

import pytest

from application.rendition_service import RenditionService
from domain.delivery_sizes import DeliverySize
from domain.events import RenditionCreated, RenditionFailed
from domain.image import Image, StoredRef
from domain.image_formats import ImageFormat
from domain.renditions import COMPRESSION_BY_CONTENT, ContentClass, RenditionSpec, rendition_for
from domain.requests import Background, GenerateRequest, Quality
from domain.results import ImageResult, ResultImage
from tests.testkit.fakes import (
    PNG,
    DictCache,
    FrozenClock,
    MemoryImageStore,
    RecordingSink,
    ScriptedOptimizer,
    renditions,
    small_image,
)

pytestmark = pytest.mark.anyio
JPEG = small_image(form="JPEG")
WEBP = small_image(form="WEBP")
AVIF = small_image(form="AVIF")
AVIF_SPEC = RenditionSpec(format=ImageFormat.AVIF)
AUTO = GenerateRequest(prompt="a red bridge", format=None)


def answer(*images: Image) -> ImageResult:
    return ImageResult(
        job_id="job_1",
        images=tuple(ResultImage(image=image, stored=StoredRef(ref=image.id)) for image in images),
        provider="fake",
        model="fake-1",
        requested_model="fake-1",
        created_at=FrozenClock().now(),
    )


# What is wanted


@pytest.mark.parametrize(
    ("options", "delivered", "spec"),
    [
        pytest.param({"format": ImageFormat.PNG}, PNG, None, id="as asked"),
        pytest.param({"format": ImageFormat.WEBP}, WEBP, None, id="as asked, compressed"),
        pytest.param({"format": ImageFormat.PNG}, JPEG, None, id="a PNG of a JPEG"),
        pytest.param({"format": None}, PNG, RenditionSpec(smaller=True), id="auto"),
        pytest.param({"format": None}, WEBP, None, id="auto, asked of the provider"),
        pytest.param({"format": ImageFormat.AVIF}, PNG, AVIF_SPEC, id="AVIF"),
        pytest.param({"format": ImageFormat.AVIF}, JPEG, AVIF_SPEC, id="AVIF of a JPEG"),
        pytest.param({"format": ImageFormat.AVIF}, AVIF, None, id="AVIF from the provider"),
        pytest.param(
            {"format": ImageFormat.AVIF, "quality": Quality.LOW},
            PNG,
            AVIF_SPEC,
            id="AVIF, whose number is not that of the quality",
        ),
        pytest.param(
            {"format": ImageFormat.AVIF, "output_compression": 33},
            PNG,
            replace(AVIF_SPEC, compression=33),
            id="AVIF of a number of its own",
        ),
        pytest.param(
            {"format": ImageFormat.JPEG},
            PNG,
            RenditionSpec(format=ImageFormat.JPEG),
            id="the provider sent another format",
        ),
        pytest.param(
            {"format": None, "quality": Quality.LOW},
            PNG,
            RenditionSpec(smaller=True, compression=60),
            id="the number of the quality",
        ),
        pytest.param(
            {"format": None, "quality": Quality.LOW, "output_compression": 33},
            PNG,
            RenditionSpec(smaller=True, compression=33),
            id="a number of its own",
        ),
    ],
)
def test_a_rendition_is_needed_if_the_image_is_not_as_requested(
    options: dict[str, Any], delivered: Image, spec: RenditionSpec | None
) -> None:
    assert rendition_for(replace(AUTO, **options), delivered) == spec


@pytest.mark.parametrize(
    ("background", "form"),
    [
        (Background.TRANSPARENT, ImageFormat.WEBP),
        (Background.OPAQUE, ImageFormat.PNG),
        (Background.AUTO, ImageFormat.PNG),
    ],
)
def test_a_known_format_is_requested_from_the_provider(
    background: Background, form: ImageFormat
) -> None:
    assert replace(AUTO, background=background).provider_format is form


def test_every_bound_is_part_of_a_renditions_key() -> None:
    other: dict[str, Any] = {
        "format": ImageFormat.WEBP,
        "compression": 5,
        "max_side": 5,
        "max_bytes": 5,
        "smaller": True,
        "portable": True,
        "size": DeliverySize.parse("5x5"),
    }
    assert set(other) == {field.name for field in fields(RenditionSpec)}
    specs = [RenditionSpec(), *(RenditionSpec(**{name: value}) for name, value in other.items())]
    assert len({spec.key(image) for spec in specs for image in (PNG, JPEG)}) == 2 * len(specs)


def test_every_content_has_a_compression_for_every_lossy_format() -> None:
    lossless = {(ContentClass.GRAPHIC, ImageFormat.WEBP)}
    lossy = (ImageFormat.JPEG, ImageFormat.WEBP, ImageFormat.AVIF)
    assert {(content, form) for content in ContentClass for form in lossy} - lossless == set(
        COMPRESSION_BY_CONTENT
    )


# Made once


async def test_a_rendition_is_stored_beside_its_original() -> None:
    images, sink = MemoryImageStore(), RecordingSink()
    made = renditions(ScriptedOptimizer(JPEG), images=images, sink=sink)
    (served,) = (await made.apply_requested_format(answer(PNG), AUTO)).images
    assert served.image == PNG
    assert served.delivered == JPEG
    assert served.rendition is not None
    assert images.renditions == {str(served.rendition.stored): JPEG}
    assert PNG.id in str(served.rendition.stored)
    sizes = {"bytes_before": len(PNG.data), "bytes_after": len(JPEG.data)}
    assert sink.events == [RenditionCreated(image_id=PNG.id, description="from the test", **sizes)]


async def test_a_result_that_is_as_requested_is_not_touched() -> None:
    optimizer = ScriptedOptimizer(JPEG)
    images = answer(PNG)
    asked = replace(AUTO, format=ImageFormat.PNG)
    assert await renditions(optimizer).apply_requested_format(images, asked) == images
    assert optimizer.seen == []


async def test_equal_concurrent_renditions_are_made_once_even_if_a_caller_disconnects() -> None:
    gate = asyncio.Event()
    optimizer = ScriptedOptimizer(JPEG, meanwhile=gate.wait)
    made = renditions(optimizer)
    callers = [
        asyncio.create_task(made.apply_requested_format(answer(PNG), AUTO)) for _ in range(5)
    ]
    await asyncio.sleep(0)
    callers[0].cancel()
    await asyncio.sleep(0)
    gate.set()
    served = await asyncio.gather(*callers[1:])
    assert [images.images[0].delivered for images in served] == [JPEG] * 4
    assert len(optimizer.seen) == 1


async def test_a_later_rendition_is_served_from_the_cache() -> None:
    optimizer, cache = ScriptedOptimizer(JPEG), DictCache()
    first = await renditions(optimizer, cache).apply_requested_format(answer(PNG), AUTO)
    again = await renditions(optimizer, cache).apply_requested_format(answer(PNG), AUTO)
    assert again == first
    assert len(optimizer.seen) == 1


async def test_a_rendition_that_saves_nothing_is_cached_without_the_image() -> None:
    optimizer, cache = ScriptedOptimizer(PNG), DictCache()
    for _ in range(2):
        (served,) = (
            await renditions(optimizer, cache).apply_requested_format(answer(PNG), AUTO)
        ).images
        assert served.rendition is None
    assert len(optimizer.seen) == 1
    assert [entry.size for entry in cache.entries.values()] == [0]


# Failing


async def test_a_rendition_that_fails_leaves_the_original_with_a_note() -> None:
    sink = RecordingSink()
    made = renditions(ScriptedOptimizer(), sink=sink)
    (served,) = (await made.apply_requested_format(answer(PNG), AUTO)).images
    assert served.delivered == PNG
    assert "no rendition could be made: it has no image" in served.notes[0]
    assert sink.events == [RenditionFailed(image_id=PNG.id, reason="it has no image")]


async def test_another_format_from_the_provider_has_a_note() -> None:
    asked = replace(AUTO, format=ImageFormat.JPEG)
    (served,) = (
        await renditions(ScriptedOptimizer(JPEG)).apply_requested_format(answer(PNG), asked)
    ).images
    assert served.notes == ("requested jpeg, the provider sent png",)
    assert served.delivered == JPEG


async def test_renditions_are_made_without_a_cache() -> None:
    made = renditions(ScriptedOptimizer(JPEG), DictCache(fails=True))
    assert (await made.apply_requested_format(answer(PNG), AUTO)).images[0].delivered == JPEG


# Previews


@pytest.mark.parametrize("room", [len(PNG.data), 10_000_000])
async def test_an_image_that_fits_is_its_own_preview(room: int) -> None:
    optimizer = ScriptedOptimizer()
    assert await renditions(optimizer).preview(ResultImage(image=PNG), max_bytes=room) is PNG
    assert optimizer.seen == []


async def test_limits_that_are_nearly_equal_share_a_preview() -> None:
    large = ResultImage(image=small_image(size=(400, 400), form="PNG"))
    large = replace(large, image=Image(large.image.data + bytes(100_000)))
    optimizer = ScriptedOptimizer(JPEG)
    made: RenditionService = renditions(optimizer)
    for room in (60_123, 60_789):
        assert await made.preview(large, max_bytes=room) == JPEG
    assert optimizer.seen == [RenditionSpec(max_side=1024, max_bytes=60_000, portable=True)]


@pytest.mark.parametrize("room", [60_000, 500, 0, -1])
async def test_there_is_no_preview_if_nothing_fits(room: int) -> None:
    large = ResultImage(image=Image(PNG.data + bytes(100_000)))
    assert await renditions(ScriptedOptimizer()).preview(large, max_bytes=room) is None


async def test_an_encoder_that_hangs_leaves_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("application.rendition_service.RENDITION_TIMEOUT", 0.01)
    sink, hangs = RecordingSink(), asyncio.Event().wait
    made = renditions(ScriptedOptimizer(JPEG, meanwhile=hangs), sink=sink)
    (served,) = (await made.apply_requested_format(answer(PNG), AUTO)).images
    assert served.delivered == PNG
    assert "no rendition could be made: it took more than" in served.notes[-1]
    assert isinstance(sink.events[-1], RenditionFailed)


async def test_an_encoder_that_crashes_leaves_the_original() -> None:
    async def falls() -> None:
        raise MemoryError

    made = renditions(ScriptedOptimizer(JPEG, meanwhile=falls))
    (served,) = (await made.apply_requested_format(answer(PNG), AUTO)).images
    assert served.delivered == PNG
    assert "no rendition could be made: its encoder failed" in served.notes[-1]
    assert await made.render_or_none(PNG, RenditionSpec(smaller=True)) is None


async def test_a_broken_cache_prevents_no_rendition() -> None:
    class OutOfOrder(DictCache):
        def _answer(self) -> None:
            raise RecursionError

    made = renditions(ScriptedOptimizer(JPEG), cache=OutOfOrder())
    (served,) = (await made.apply_requested_format(answer(PNG), AUTO)).images
    assert served.delivered == JPEG
