"""Renditions of pictures that we have: each is made once, and remembered."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from application.gather_all import together
from application.ports.event_sink import EventSink
from application.ports.image_cache import Entry, ImageCache
from application.ports.image_optimizer import CannotRender, ImageOptimizer
from application.ports.image_store import Archive
from domain.errors import ArchiveUnavailable
from domain.events import Rendered, RenditionFailed
from domain.image import Image
from domain.renditions import Rendition, RenditionSpec, wanted
from domain.requests import PictureRequest
from domain.results import ImageSet, Picture

MAY_TAKE = 10.0
"""Seconds for a rendition, its turn included: a 50-megapixel picture takes two or three."""
PREVIEW_SIDE = 1024
"""Pixels of a preview's longer side, at most: hosts scale larger ones down themselves."""
BUDGET_STEP = 10_000
"""Bytes to which budgets are rounded down, so that two that are nearly equal share a preview."""


class Renditions:
    """Gives pictures the form that a caller wants. A rendition that fails leaves the original.

    Equal renditions that are wanted at once are made once; later they come from the cache.
    """

    def __init__(
        self, optimizer: ImageOptimizer, cache: ImageCache, archive: Archive, sink: EventSink
    ) -> None:
        self.optimizer = optimizer
        self.cache = cache
        self.archive = archive
        self.sink = sink
        self._making: dict[str, asyncio.Task[Rendition]] = {}

    async def as_asked(self, images: ImageSet, asked: PictureRequest) -> ImageSet:
        """The same answer, with renditions where the provider's pictures are not what was asked.

        They are kept as files beside the originals. Raises nothing.
        """
        pictures = [self._as_asked(picture, asked) for picture in images.pictures]
        return replace(images, pictures=tuple(await together(pictures)))

    async def preview(self, picture: Picture, *, max_bytes: int) -> Image | None:
        """What the caller wants in at most `max_bytes` bytes: itself, or else a preview of it.

        None when even the smallest does not fit (nothing does into less than BUDGET_STEP) or the
        picture cannot be read.
        """
        image = picture.delivered
        if len(image.data) <= max_bytes:
            return image
        budget = max_bytes - max_bytes % BUDGET_STEP
        if budget <= 0:
            return None
        spec = RenditionSpec(max_side=PREVIEW_SIDE, max_bytes=budget)
        return await self.rendered(picture.image, spec)

    async def rendered(self, image: Image, spec: RenditionSpec) -> Image | None:
        """The picture in a form that meets `spec`; None when none can be made."""
        try:
            return (await self._of(image, spec)).image
        except CannotRender:
            return None

    async def _as_asked(self, picture: Picture, asked: PictureRequest) -> Picture:
        original = picture.image
        if asked.format not in (None, original.format):
            differs = f"asked for {asked.format}, the provider sent {original.format}"
            picture = replace(picture, notes=(*picture.notes, differs))
        spec = wanted(asked, original)
        if spec is None:
            return picture
        try:
            made = await self._of(original, spec)
        except CannotRender as error:
            why = f"no other form than the original could be made: {error}"
            return replace(picture, notes=(*picture.notes, why))
        if made.image == original:
            return picture
        with suppress(ArchiveUnavailable):
            place = await self.archive.keep_rendition(made.image, of=original)
            made = replace(made, place=place)
        return replace(picture, rendition=made)

    async def _of(self, image: Image, spec: RenditionSpec) -> Rendition:
        """The rendition, for everybody who wants it at this time; raise CannotRender."""
        key = spec.key(image)
        making = self._making.get(key)
        if making is None:
            making = asyncio.create_task(self._made(key, image, spec))
            self._making[key] = making
            making.add_done_callback(lambda done: self._is_made(key, done))
        return await asyncio.shield(making)

    def _is_made(self, key: str, done: asyncio.Task[Rendition]) -> None:
        del self._making[key]
        if not done.cancelled():
            done.exception()  # looked at, also where nobody waits any more

    async def _made(self, key: str, image: Image, spec: RenditionSpec) -> Rendition:
        with suppress(Exception):  # whatever is wrong with the cache, it has none
            hit = await self.cache.get(key)
            if hit is not None:
                remembered = next(iter(hit.entry.images), image)
                return Rendition(image=remembered, how=str(hit.entry.facts.get("how")))
        try:
            made = await self._rendered_in_time(image, spec)
        except CannotRender as error:
            self.sink.publish(RenditionFailed(picture_id=image.id, reason=str(error)))
            raise
        self.sink.publish(
            Rendered(
                picture_id=image.id,
                how=made.how,
                bytes_before=len(image.data),
                bytes_after=len(made.image.data),
            )
        )
        images = () if made.image == image else (made.image,)  # the original is kept elsewhere
        with suppress(Exception):  # then it is made again
            await self.cache.put(key, Entry(images=images, facts={"how": made.how}))
        return made

    async def _rendered_in_time(self, image: Image, spec: RenditionSpec) -> Rendition:
        try:
            async with asyncio.timeout(MAY_TAKE):
                return await self.optimizer.render(image, spec)
        except TimeoutError:
            raise CannotRender(f"it took more than {MAY_TAKE:g} s") from None
        except CannotRender:
            raise
        except Exception as error:  # it promises not to; a paid picture does not bet on it
            raise CannotRender("its encoder failed") from error
