"""Use case: show a picture that was made before, or a rendition of it, perhaps over and over."""

from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from application.image_library import ImageLibrary
from application.ports.image_cache import CacheEntry, ImageCache
from application.rendition_service import RenditionService
from domain.errors import CacheUnavailable
from domain.image import Image
from domain.jobs import LOCAL
from domain.renditions import ViewSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageView:
    """What is to be seen. `lasting`: the same view of the same picture will always be this."""

    image: Image
    cacheable: bool = True


class ViewImage:
    """Looks up pictures by their ids, and remembers in `recent` those that were looked at lately.

    So a picture that another process deleted is shown for as long as `recent` keeps anything.
    """

    def __init__(
        self, library: ImageLibrary, renditions: RenditionService, recent: ImageCache
    ) -> None:
        self.library = library
        self.renditions = renditions
        self.recent = recent

    async def __call__(self, picture_id: str, view: ViewSpec, /, *, owner: str) -> ImageView:
        """The picture in the form that suits the view; raise NotFound as `original` does.

        Where that form cannot be made, the picture as the provider sent it, for the time being.
        """
        original = await self._cached_original(picture_id, owner)
        spec = view.spec(original)
        if spec is None:
            return ImageView(image=original)
        rendition = await self.renditions.render_or_none(original, spec)
        return ImageView(image=rendition or original, cacheable=rendition is not None)

    async def original(self, image_id: str, /, *, owner: str = LOCAL) -> Image:
        """Return the provider's bytes; raise NotFound for an ID that this owner does not have."""
        return await self.library.find(image_id, owner=owner)

    async def _cached_original(self, picture_id: str, owner: str) -> Image:
        key = view_cache_key(picture_id, owner)
        with suppress(CacheUnavailable):
            hit = await self.recent.get(key)
            if hit is not None:
                return hit.entry.images[0]
        image = await self.library.find(picture_id, owner=owner)
        with suppress(CacheUnavailable):
            await self.recent.put(key, CacheEntry(images=(image,)))
        return image


def view_cache_key(picture_id: str, owner: str) -> str:
    """Under which key this owner's picture is remembered: 64 hex digits."""
    return sha256(repr((owner, picture_id)).encode()).hexdigest()
