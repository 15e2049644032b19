"""Use case: delete an image."""

from contextlib import suppress

from application.image_library import DeletionResult, ImageLibrary
from application.ports.image_cache import ImageCache
from application.use_cases.view_image import view_cache_key
from domain.errors import CacheUnavailable, NotFound
from domain.job_records import OwnedImage
from domain.jobs import LOCAL


class DeleteImage:
    """Deletes an image's bytes and record. What its job cost stays recorded."""

    def __init__(self, library: ImageLibrary, cache: ImageCache, views: ImageCache) -> None:
        """Delete it from `cache` too, and from `views`, where ViewImage keeps recent images."""
        self.library = library
        self.cache = cache
        self.views = views

    async def __call__(self, image_id: str, /, *, owner: str = LOCAL) -> DeletionResult:
        """Return what was deleted. The same request generates a new image afterwards.

        Bytes that another owner has too stay. Raises NotFound if this owner has no such image, and
        ArchiveUnavailable.
        """
        deleted = await self.library.delete([OwnedImage(image_id, owner)])
        if not deleted.images:
            raise NotFound(f"{image_id[:80]} cannot be deleted: no such image is known.")
        for fingerprint in deleted.fingerprints:
            with suppress(CacheUnavailable):  # its entries cannot be read either
                await self.cache.delete(fingerprint)
        with suppress(CacheUnavailable):
            await self.views.delete(view_cache_key(image_id, owner))
        return deleted
