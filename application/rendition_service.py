"""Renditions of pictures that we have: each is made once, and remembered."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from application.async_tools import gather_all
from application.ports.event_sink import EventSink
from application.ports.image_cache import CacheEntry, ImageCache
from application.ports.image_optimizer import CannotRender, ImageOptimizer
from application.ports.image_store import ImageStore
from domain.errors import ArchiveUnavailable
from domain.events import RenditionCreated, RenditionFailed
from domain.image import Image
from domain.renditions import Rendition, RenditionSpec, rendition_for
from domain.requests import ImageRequest
from domain.results import ImageResult, ResultImage

RENDITION_TIMEOUT = 10.0
"""Seconds for a rendition, its turn included: a 50-megapixel picture takes two or three."""
PREVIEW_MAX_SIDE = 1024
"""Pixels of a preview's longer side, at most: hosts scale larger ones down themselves."""
PREVIEW_BYTES_STEP = 10_000
"""Bytes to which budgets are rounded down, so that two that are nearly equal share a preview."""


class RenditionService:
    """Gives pictures the form that a caller wants. A rendition that fails leaves the original.

    Equal renditions that are wanted at once are made once; later they come from the cache.
    """

    def __init__(
        self, optimizer: ImageOptimizer, cache: ImageCache, archive: ImageStore, sink: EventSink
    ) -> None:
        self.optimizer = optimizer
        self.cache = cache
        self.archive = archive
        self.sink = sink
        self._making: dict[str, asyncio.Task[Rendition]] = {}

    async def apply_requested_format(self, images: ImageResult, asked: ImageRequest) -> ImageResult:
        """The same answer, with renditions where the provider's pictures are not what was asked.

        They are kept as files beside the originals. Raises nothing.
        """
        pictures = [self._apply_requested_format(picture, asked) for picture in images.images]
        return replace(images, images=tuple(await gather_all(pictures)))

    async def preview(self, picture: ResultImage, *, max_bytes: int) -> Image | None:
        """What the caller wants in at most `max_bytes` bytes: itself, or else a preview of it.

        None when even the smallest does not fit (nothing does into less than BUDGET_STEP) or the
        picture cannot be read.
        """
        image = picture.delivered
        if len(image.data) <= max_bytes:
            return image
        budget = max_bytes - max_bytes % PREVIEW_BYTES_STEP
        if budget <= 0:
            return None
        spec = RenditionSpec(max_side=PREVIEW_MAX_SIDE, max_bytes=budget)
        return await self.render_or_none(picture.image, spec)

    async def render_or_none(self, image: Image, spec: RenditionSpec) -> Image | None:
        """The picture in a form that meets `spec`; None when none can be made."""
        try:
            return (await self._render_once(image, spec)).image
        except CannotRender:
            return None

    async def _apply_requested_format(
        self, picture: ResultImage, asked: ImageRequest
    ) -> ResultImage:
        original = picture.image
        if asked.format not in (None, original.format):
            differs = f"asked for {asked.format}, the provider sent {original.format}"
            picture = replace(picture, notes=(*picture.notes, differs))
        spec = rendition_for(asked, original)
        if spec is None:
            return picture
        try:
            made = await self._render_once(original, spec)
        except CannotRender as error:
            why = f"no other form than the original could be made: {error}"
            return replace(picture, notes=(*picture.notes, why))
        if made.image == original:
            return picture
        with suppress(ArchiveUnavailable):
            place = await self.archive.put_rendition(made.image, of=original)
            made = replace(made, location=place)
        return replace(picture, rendition=made)

    async def _render_once(self, image: Image, spec: RenditionSpec) -> Rendition:
        """The rendition, for everybody who wants it at this time; raise CannotRender."""
        key = spec.key(image)
        making = self._making.get(key)
        if making is None:
            making = asyncio.create_task(self._cached_or_rendered(key, image, spec))
            self._making[key] = making
            making.add_done_callback(lambda done: self._on_done(key, done))
        return await asyncio.shield(making)

    def _on_done(self, key: str, done: asyncio.Task[Rendition]) -> None:
        del self._making[key]
        if not done.cancelled():
            done.exception()  # looked at, also where nobody waits any more

    async def _cached_or_rendered(self, key: str, image: Image, spec: RenditionSpec) -> Rendition:
        with suppress(Exception):  # whatever is wrong with the cache, it has none
            hit = await self.cache.get(key)
            if hit is not None:
                remembered = next(iter(hit.entry.images), image)
                return Rendition(image=remembered, description=str(hit.entry.facts.get("how")))
        try:
            made = await self._render(image, spec)
        except CannotRender as error:
            self.sink.publish(RenditionFailed(image_id=image.id, reason=str(error)))
            raise
        self.sink.publish(
            RenditionCreated(
                image_id=image.id,
                description=made.description,
                bytes_before=len(image.data),
                bytes_after=len(made.image.data),
            )
        )
        images = () if made.image == image else (made.image,)  # the original is kept elsewhere
        with suppress(Exception):  # then it is made again
            await self.cache.put(key, CacheEntry(images=images, facts={"how": made.description}))
        return made

    async def _render(self, image: Image, spec: RenditionSpec) -> Rendition:
        try:
            async with asyncio.timeout(RENDITION_TIMEOUT):
                return await self.optimizer.render(image, spec)
        except TimeoutError:
            raise CannotRender(f"it took more than {RENDITION_TIMEOUT:g} s") from None
        except CannotRender:
            raise
        except Exception as error:  # it promises not to; a paid picture does not bet on it
            raise CannotRender("its encoder failed") from error
