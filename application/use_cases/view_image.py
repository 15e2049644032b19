"""Use case: show a stored image or a rendition of it, cached for repeated views."""

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
    """An image to show. `cacheable`: the same view of the same image never changes."""

    image: Image
    cacheable: bool = True


class ViewImage:
    """Finds images by their IDs, and keeps those that were viewed recently in `views`, a cache.

    If another process deletes an image, this one may show it until its entry expires.
    """

    def __init__(
        self, library: ImageLibrary, renditions: RenditionService, views: ImageCache
    ) -> None:
        self.library = library
        self.renditions = renditions
        self.views = views

    async def __call__(self, image_id: str, view: ViewSpec, /, *, owner: str) -> ImageView:
        """Return the image in the form that suits the view; raise NotFound as `original` does.

        If that form cannot be made, return the image as the provider sent it, not cacheable.
        """
        original = await self._cached_original(image_id, owner)
        spec = view.spec(original)
        if spec is None:
            return ImageView(image=original)
        rendition = await self.renditions.render_or_none(original, spec)
        return ImageView(image=rendition or original, cacheable=rendition is not None)

    async def original(self, image_id: str, /, *, owner: str = LOCAL) -> Image:
        """Return the provider's bytes; raise NotFound for an ID that this owner does not have."""
        return await self.library.find(image_id, owner=owner)

    async def _cached_original(self, image_id: str, owner: str) -> Image:
        key = view_cache_key(image_id, owner)
        with suppress(CacheUnavailable):
            hit = await self.views.get(key)
            if hit is not None:
                return hit.entry.images[0]
        image = await self.library.find(image_id, owner=owner)
        with suppress(CacheUnavailable):
            await self.views.put(key, CacheEntry(images=(image,)))
        return image


def view_cache_key(image_id: str, owner: str) -> str:
    """The key of this owner's image in the view cache: 64 hex digits."""
    return sha256(repr((owner, image_id)).encode()).hexdigest()
