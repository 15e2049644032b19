"""Views of stored images: their format, their owner, and how long they are cached."""

import asyncio

import pytest

from adapters.cache.memory import MemoryCache
from application.image_library import ImageLibrary
from application.ports.image_cache import ImageCache
from application.use_cases.view_image import ViewImage
from domain.errors import NotFound
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import RenditionSpec, ViewSpec
from domain.results import ResultImage
from tests.testkit.fakes import (
    PNG,
    DictCache,
    MemoryImageStore,
    MemoryJobRepository,
    ScriptedOptimizer,
    job_for,
    renditions,
    small_image,
)

pytestmark = pytest.mark.anyio
JPEG_FORM, PNG_FORM, WEBP_FORM = ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.WEBP
CUTOUT = small_image(mode="RGBA")
WEBP = small_image(form="WEBP")
FULL, THUMB = ViewSpec(), ViewSpec(max_side=256)


class CountingLibrary(ImageLibrary):
    """Counts its lookups."""

    lookups = 0

    def __init__(self) -> None:
        self.store = MemoryImageStore()
        super().__init__(self.store, MemoryJobRepository())

    async def find(self, image_id: str, /, *, owner: str) -> Image:
        self.lookups += 1
        return await super().find(image_id, owner=owner)

    async def add(self, image: Image, owner: str) -> None:
        """Add an image of `owner`."""
        images = (ResultImage(image=image, stored=await self.images.put(image)),)
        await self.records.save(job_for(owner=owner).dispatched().stored(images))

    def delete_all(self) -> None:
        """Delete the bytes of all images."""
        self.store.stored.clear()


class Gallery:
    """Views images of `archive`; the test moves `time`."""

    def __init__(self, rendered: Image | None = WEBP, views: ImageCache | None = None) -> None:
        self.archive = CountingLibrary()
        self.optimizer = ScriptedOptimizer(rendered)
        self.time = 0.0
        self.show = ViewImage(
            self.archive,
            renditions(self.optimizer, images=self.archive.store),
            views or MemoryCache(1_000_000, 60.0, timer=lambda: self.time),
        )


@pytest.mark.parametrize(
    ("image", "view", "spec"),
    [
        pytest.param(PNG, ViewSpec(), None, id="as it is"),
        pytest.param(
            PNG, ViewSpec(formats=(WEBP_FORM, PNG_FORM)), None, id="its format is accepted"
        ),
        pytest.param(
            PNG,
            ViewSpec(formats=(WEBP_FORM,)),
            RenditionSpec(format=WEBP_FORM),
            id="its format is not accepted",
        ),
        pytest.param(
            CUTOUT,
            ViewSpec(formats=(JPEG_FORM, WEBP_FORM)),
            RenditionSpec(format=WEBP_FORM),
            id="nothing transparent as JPEG",
        ),
        pytest.param(
            CUTOUT,
            ViewSpec(formats=(JPEG_FORM,)),
            RenditionSpec(format=JPEG_FORM),
            id="JPEG if nothing else is accepted",
        ),
        pytest.param(
            PNG,
            ViewSpec(max_side=256),
            RenditionSpec(max_side=256, smaller=True),
            id="by content",
        ),
        pytest.param(
            PNG,
            ViewSpec(max_side=256, formats=(PNG_FORM,)),
            RenditionSpec(format=PNG_FORM, max_side=256, smaller=True),
            id="smaller in its own format",
        ),
    ],
)
def test_a_view_is_the_image_itself_or_a_rendition(
    image: Image, view: ViewSpec, spec: RenditionSpec | None
) -> None:
    assert view.spec(image) == spec


async def test_the_original_is_shown_unchanged() -> None:
    gallery = Gallery()
    await gallery.archive.add(PNG, "ann")
    shown = await gallery.show(PNG.id, FULL, owner="ann")
    assert shown.image == PNG
    assert shown.cacheable
    assert gallery.optimizer.seen == []


async def test_a_recently_shown_image_is_not_looked_up_again() -> None:
    gallery = Gallery()
    await gallery.archive.add(PNG, "ann")
    for view in (FULL, THUMB, FULL):
        await gallery.show(PNG.id, view, owner="ann")
    assert gallery.archive.lookups == 1


async def test_a_recently_shown_image_is_not_shown_to_other_owners() -> None:
    gallery = Gallery()
    await gallery.archive.add(PNG, "ann")
    await gallery.show(PNG.id, FULL, owner="ann")
    for view in (FULL, THUMB):
        with pytest.raises(NotFound):
            await gallery.show(PNG.id, view, owner="bob")


async def test_a_deleted_image_is_shown_for_one_more_minute() -> None:
    gallery = Gallery()
    await gallery.archive.add(PNG, "ann")
    await gallery.show(PNG.id, THUMB, owner="ann")
    gallery.archive.delete_all()
    gallery.time = 59.0
    await gallery.show(PNG.id, THUMB, owner="ann")
    gallery.time = 60.0
    for view in (FULL, THUMB):
        with pytest.raises(NotFound):
            await gallery.show(PNG.id, view, owner="ann")


async def test_concurrent_views_are_rendered_once() -> None:
    gallery = Gallery()
    await gallery.archive.add(PNG, "ann")
    gallery.optimizer.meanwhile = lambda: asyncio.sleep(0)
    views = [gallery.show(PNG.id, THUMB, owner="ann") for _ in range(20)]
    assert {shown.image for shown in await asyncio.gather(*views)} == {WEBP}
    await gallery.show(PNG.id, THUMB, owner="ann")
    assert len(gallery.optimizer.seen) == 1


async def test_without_a_rendition_the_original_is_shown_but_not_cacheable() -> None:
    gallery = Gallery(rendered=None)
    await gallery.archive.add(PNG, "ann")
    shown = await gallery.show(PNG.id, THUMB, owner="ann")
    assert shown.image == PNG
    assert not shown.cacheable


async def test_a_broken_cache_does_not_affect_views() -> None:
    gallery = Gallery(views=DictCache(fails=True))
    await gallery.archive.add(PNG, "ann")
    assert (await gallery.show(PNG.id, FULL, owner="ann")).image == PNG
