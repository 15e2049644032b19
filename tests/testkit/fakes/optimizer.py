"""An optimizer that a test controls, and renditions made with it."""

from collections.abc import Callable
from typing import Any

from application.ports.event_sink import EventSink
from application.ports.image_cache import ImageCache
from application.ports.image_optimizer import CannotRender, ImageOptimizer
from application.ports.image_store import ImageStore
from application.rendition_service import RenditionService
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import Rendition, RenditionSpec

from .image_cache import DictCache
from .image_store import MemoryImageStore
from .surroundings import RecordingSink


class ScriptedOptimizer:
    """An ImageOptimizer that returns the image it was given, or raises CannotRender without one.

    `seen` has every spec it was called with. `meanwhile` is awaited before it returns. It can
    encode all formats but those in `lacks`.
    """

    def __init__(
        self, made: Image | None = None, *, meanwhile: Callable[[], Any] | None = None
    ) -> None:
        self.made = made
        self.meanwhile = meanwhile
        self.seen: list[RenditionSpec] = []
        self.lacks: set[ImageFormat] = set()

    def can_encode(self, form: ImageFormat, /) -> bool:
        return form not in self.lacks

    async def render(self, image: Image, spec: RenditionSpec, /) -> Rendition:
        self.seen.append(spec)
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.made is None:
            raise CannotRender("it has no image")
        return Rendition(image=self.made, description="from the test")


def renditions(
    optimizer: ImageOptimizer | None = None,
    cache: ImageCache | None = None,
    images: ImageStore | None = None,
    sink: EventSink | None = None,
) -> RenditionService:
    """A rendition service over fakes, where a test does not bring its own."""
    return RenditionService(
        optimizer or ScriptedOptimizer(),
        cache or DictCache(),
        images or MemoryImageStore(),
        sink or RecordingSink(),
    )
