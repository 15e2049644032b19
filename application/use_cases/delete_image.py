"""Use case: delete an image."""

from application.image_library import DeletionResult, ImageLibrary
from application.ports.image_cache import ImageCache
from application.result_cache import delete_entries
from application.use_cases.view_image import view_cache_key
from domain.errors import NotFound
from domain.job_records import OwnedImage
from domain.jobs import LOCAL


class DeleteImage:
    """Deletes an image's bytes and record. The cost of its job stays recorded."""

    def __init__(self, library: ImageLibrary, cache: ImageCache, views: ImageCache) -> None:
        """Images are deleted from `cache` too, and from `views`, the view cache of ViewImage."""
        self.library = library
        self.cache = cache
        self.views = views

    async def __call__(self, image_id: str, /, *, owner: str = LOCAL) -> DeletionResult:
        """Return what was deleted. Afterwards, the same request generates a new image.

        Bytes of an image that another owner has too are kept. Raises NotFound if this owner does
        not have the image, and ArchiveUnavailable.
        """
        deleted = await self.library.delete([OwnedImage(image_id, owner)])
        if not deleted.images:
            raise NotFound.of_id("image", image_id)
        await delete_entries(self.cache, deleted.fingerprints)
        await delete_entries(self.views, [view_cache_key(image_id, owner)])
        return deleted
