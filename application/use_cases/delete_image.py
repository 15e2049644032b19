"""Use case: take a picture away for good."""

from contextlib import suppress

from application.ports.image_cache import ImageCache
from application.ports.image_store import DeletionResult, ImageStore
from application.use_cases.view_image import view_cache_key
from domain.errors import CacheUnavailable
from domain.jobs import LOCAL


class DeleteImage:
    """Deletes a picture's files and record; what its job cost stays known."""

    def __init__(self, archive: ImageStore, cache: ImageCache, recent: ImageCache) -> None:
        """Take it out of `cache`, and out of `recent`, from which ShowPicture shows pictures."""
        self.archive = archive
        self.cache = cache
        self.recent = recent

    async def __call__(self, picture_id: str, /, *, owner: str = LOCAL) -> DeletionResult:
        """Say what went; raise NotFound where this owner has no such picture, ArchiveUnavailable.

        An equal request is painted anew after it. Files that another owner's picture shares stay.
        """
        deleted = await self.archive.delete(picture_id, owner=owner)
        for fingerprint in deleted.fingerprints:
            with suppress(CacheUnavailable):  # its entries cannot be read either
                await self.cache.delete(fingerprint)
        with suppress(CacheUnavailable):
            await self.recent.delete(view_cache_key(picture_id, owner))
        return deleted
