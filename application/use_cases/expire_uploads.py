"""Use case: delete uploads that are older than their owners need them."""

from datetime import timedelta

from application.image_library import ImageLibrary
from application.image_trash import batches
from application.ports.clock import Clock
from application.ports.upload_repository import UploadRepository
from domain.deletion import DeletionResult

INTERRUPTED = timedelta(hours=1)
"""An upload that is unfinished for that long was interrupted: storing takes seconds."""


class ExpireUploads:
    """Deletes old uploads of all owners for good, and settles those that were interrupted.

    Runs from time to time.
    """

    def __init__(
        self, library: ImageLibrary, uploads: UploadRepository, clock: Clock, *, days: int
    ) -> None:
        """Uploads expire after `days`, with 0 days never."""
        self.library = library
        self.uploads = uploads
        self.clock = clock
        self.keeps = timedelta(days=days)

    async def __call__(self) -> DeletionResult:
        """Return what was deleted. An image that a job delivered, too, stays as its image.

        Raises ArchiveUnavailable.
        """
        await self._settle()
        deleted = DeletionResult()
        if self.keeps:
            before = self.clock.now() - self.keeps
            for batch in batches(await self.uploads.older_than(before)):
                deleted += await self.library.delete_uploads(batch, before=before)
        return deleted

    async def _settle(self) -> None:
        """Finish the record of an upload whose bytes were stored before the process ended.

        Remove it if they were not.
        """
        for image in await self.uploads.unfinished(self.clock.now() - INTERRUPTED):
            await self.uploads.finish(image, await self.library.images.find(image.id))
