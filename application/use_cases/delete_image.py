"""Use case: delete an image."""

from application.image_trash import ImageTrash
from application.ports.image_cache import ImageCache
from application.result_cache import delete_entries
from application.use_cases.view_image import view_cache_key
from domain.deletion import DeletionResult
from domain.job_records import OwnedImage
from domain.jobs import LOCAL


class DeleteImage:
    """Moves an image to the trash, out of all lists and answers. The cost of its job stays."""

    def __init__(self, trash: ImageTrash, cache: ImageCache, views: ImageCache) -> None:
        """Images are deleted from `cache` too, and from `views`, the view cache of ViewImage."""
        self.trash = trash
        self.cache = cache
        self.views = views

    async def __call__(self, image_id: str, /, *, owner: str = LOCAL) -> DeletionResult:
        """Return what was deleted. Afterwards, the same request generates a new image.

        Bytes of an image that another owner has too are kept. Raises NotFound if this owner does
        not have the image, and ArchiveUnavailable.
        """
        image = OwnedImage(image_id, owner)
        deleted = await self.trash.delete([image])
        if not deleted.images:
            raise await self.trash.library.missing(image)
        await delete_entries(self.cache, deleted.fingerprints)
        await delete_entries(self.views, [view_cache_key(image_id, owner)])
        return deleted
