"""Makes renditions of images. Each rendition is made once and then cached."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from application.async_tools import gather_all
from application.ports.event_sink import EventSink
from application.ports.image_cache import CacheEntry, ImageCache
from application.ports.image_optimizer import CannotRender, ImageOptimizer
from application.ports.image_processor import ImageProcessor
from application.ports.image_store import ImageStore
from domain.errors import ArchiveUnavailable, InvalidRequest
from domain.events import RenditionCreated, RenditionFailed
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import Rendition, RenditionSpec, rendition_for
from domain.requests import ImageRequest
from domain.results import ImageResult, ResultImage

RENDITION_TIMEOUT = 10.0
"""Seconds for a rendition, including the wait for a free worker: an image of 50 megapixels takes
two or three."""
PREVIEW_MAX_SIDE = 1024
"""The longer side of a preview, at most, in pixels: hosts scale larger images down themselves."""
PREVIEW_BYTES_STEP = 10_000
"""Byte limits are rounded down to a multiple of this, so that nearly equal ones share a preview."""


class RenditionService:
    """Makes images in the format and size that a caller wants, or else returns the original.

    Equal renditions that are requested at the same time are made once and then cached. The
    `processors` change what a rendition shows, in their order, before the optimizer encodes it
    within the bounds of its spec.
    """

    def __init__(
        self,
        optimizer: ImageOptimizer,
        cache: ImageCache,
        images: ImageStore,
        sink: EventSink,
        processors: Sequence[ImageProcessor] = (),
    ) -> None:
        self.optimizer = optimizer
        self.cache = cache
        self.images = images
        self.sink = sink
        self.processors = processors
        self._steps = [json.dumps([each.name, sorted(each.options.items())]) for each in processors]
        self._tasks: dict[str, asyncio.Task[Rendition]] = {}

    def check_format(self, form: ImageFormat | None) -> None:
        """Raise InvalidRequest if no image can be made in this format here."""
        if form is None or self.optimizer.can_encode(form):
            return
        raise InvalidRequest(
            f"This server cannot make {form.value}: its image library was built without it.",
            field="format",
            hint='Use format "webp", or install a Pillow with an AVIF encoder.',
        )

    async def apply_requested_format(
        self, result: ImageResult, request: ImageRequest
    ) -> ImageResult:
        """Return the result, with renditions of images in another format or size than requested.

        The renditions of stored images are stored with them. Raises nothing.
        """
        images = [self._apply_requested_format(image, request) for image in result.images]
        return replace(result, images=tuple(await gather_all(images)))

    async def preview(self, image: ResultImage, *, max_bytes: int) -> Image | None:
        """Return the delivered image if it has at most `max_bytes` bytes, or else a preview.

        A preview is PNG or JPEG: many programs that run models locally read no WebP, and the APIs
        of models read no AVIF, so an AVIF always gets a preview.
        None if even the smallest preview does not fit (nothing fits into less than
        PREVIEW_BYTES_STEP), or if the image cannot be decoded.
        """
        delivered = image.delivered
        if len(delivered.data) <= max_bytes and delivered.format is not ImageFormat.AVIF:
            return delivered
        spec = _preview_spec(max_bytes)
        is_resized = delivered.dimensions != image.image.dimensions
        source = delivered if is_resized else image.image  # which has lost nothing
        return None if spec is None else await self.render_or_none(source, spec)

    async def portable(self, image: Image, *, max_side: int, max_bytes: int) -> Image | None:
        """Return the image itself if it is a PNG or JPEG within both bounds, or else a preview.

        None as of `preview`.
        """
        spec = _preview_spec(max_bytes, max_side)
        if spec is None or spec.is_met_by(image):
            return image if spec else None
        return await self.render_or_none(image, spec)

    def spec_for(self, image: Image, request: ImageRequest, max_bytes: int) -> RenditionSpec | None:
        """Return what `apply_requested_format` makes of the image, or else what `preview` does.

        None if the caller gets the image itself. Raises UnreadableImage.
        """
        spec = rendition_for(request, image)
        if spec is None and len(image.data) > max_bytes:
            spec = _preview_spec(max_bytes)
        return spec

    def begin(self, image: Image, spec: RenditionSpec) -> None:
        """Begin a rendition for a caller that will ask for it; return at once."""
        self._task(image, spec)

    async def render_or_none(self, image: Image, spec: RenditionSpec) -> Image | None:
        """Return a rendition that meets `spec`; None if none can be made."""
        try:
            return (await self._render_once(image, spec)).image
        except CannotRender:
            return None

    async def _apply_requested_format(
        self, image: ResultImage, request: ImageRequest
    ) -> ResultImage:
        original = image.image
        if request.format not in (None, ImageFormat.AVIF, original.format):
            note = f"requested {request.format}, the provider sent {original.format}"
            image = replace(image, notes=(*image.notes, note))
        deliver = request.deliver
        if deliver is not None and not deliver.is_reached_by(original.dimensions):
            note = f"deliver {deliver}: the image has {original.dimensions} and is not enlarged"
            image = replace(image, notes=(*image.notes, note))
        spec = rendition_for(request, original)
        if spec is None:
            return image
        try:
            rendition = await self._render_once(original, spec)
        except CannotRender as error:
            note = f"no rendition could be made: {error}"
            return replace(image, notes=(*image.notes, note))
        if rendition.image == original:
            return image
        if image.stored is not None:
            with suppress(ArchiveUnavailable):
                place = image.stored.ref
                stored = await self.images.put(rendition.image, derived_from=place)
                rendition = replace(rendition, stored=stored)
        return replace(image, rendition=rendition)

    async def _render_once(self, image: Image, spec: RenditionSpec) -> Rendition:
        """Make the rendition once for all callers that wait for it; raise CannotRender."""
        return await asyncio.shield(self._task(image, spec))

    def _task(self, image: Image, spec: RenditionSpec) -> asyncio.Task[Rendition]:
        key = spec.key(image, self._steps)
        task = self._tasks.get(key)
        if task is None:
            task = asyncio.create_task(self._cached_or_rendered(key, image, spec))
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._on_done(key, done))
        return task

    def _on_done(self, key: str, task: asyncio.Task[Rendition]) -> None:
        del self._tasks[key]
        if not task.cancelled():
            task.exception()  # asyncio would log it if no caller waits any more

    async def _cached_or_rendered(self, key: str, image: Image, spec: RenditionSpec) -> Rendition:
        with suppress(Exception):  # a cache that fails in any way is a miss
            hit = await self.cache.get(key)
            if hit is not None:
                cached = next(iter(hit.entry.images), image)
                return Rendition(image=cached, description=str(hit.entry.facts.get("how")))
        try:
            rendition = await self._render(image, spec)
        except CannotRender as error:
            self.sink.publish(RenditionFailed(image_id=image.id, reason=str(error)))
            raise
        self.sink.publish(
            RenditionCreated(
                image_id=image.id,
                description=rendition.description,
                bytes_before=len(image.data),
                bytes_after=len(rendition.image.data),
            )
        )
        await self._cache(key, image, rendition)
        return rendition

    async def _cache(self, key: str, original: Image, rendition: Rendition) -> None:
        """Cache the rendition; an entry without images stands for the original."""
        images = () if rendition.image == original else (rendition.image,)
        entry = CacheEntry(images=images, facts={"how": rendition.description})
        with suppress(Exception):  # then the rendition is made again
            await self.cache.put(key, entry)

    async def _render(self, image: Image, spec: RenditionSpec) -> Rendition:
        try:
            async with asyncio.timeout(RENDITION_TIMEOUT):
                rendition = await self.optimizer.render(await self._processed(image), spec)
        except TimeoutError:
            raise CannotRender(f"it took more than {RENDITION_TIMEOUT:g} s") from None
        except CannotRender:
            raise
        except (
            Exception
        ) as error:  # an optimizer that breaks its promise must not cost a paid image
            raise CannotRender("its encoder failed") from error
        steps = [each.name for each in self.processors]
        return replace(rendition, description=", ".join([*steps, rendition.description]))

    async def _processed(self, image: Image) -> Image:
        """The image after all steps; raise CannotRender if one fails, so that none is left out."""
        for processor in self.processors:
            try:
                image = await processor.process(image)
                _ = image.header
            except CannotRender:
                raise
            except Exception as error:
                raise CannotRender(f"the image processor {processor.name} failed") from error
        return image


def _preview_spec(max_bytes: int, max_side: int = PREVIEW_MAX_SIDE) -> RenditionSpec | None:
    """A preview of at most `max_bytes` bytes; None if nothing fits into so few."""
    limit = max_bytes - max_bytes % PREVIEW_BYTES_STEP
    if limit <= 0:
        return None
    return RenditionSpec(max_side=max_side, max_bytes=limit, portable=True)
