"""Use case: delete images from the trash for good."""

from application.image_trash import ImageTrash
from domain.deletion import DeletionResult


class EmptyTrash:
    """Frees the space of deleted images. Both methods raise ArchiveUnavailable."""

    def __init__(self, trash: ImageTrash) -> None:
        self.trash = trash

    async def __call__(self) -> DeletionResult:
        """Delete everything in the trash of all owners; return what was deleted."""
        return await self.trash.empty([each.image for each in await self.trash.entries()])

    async def expired(self) -> DeletionResult:
        """Delete what expired, and finish deletions that were interrupted.

        Runs from time to time. Returns what was deleted.
        """
        now = self.trash.clock.now()
        entries = await self.trash.entries()
        emptied = await self.trash.empty([each.image for each in entries if each.until <= now])
        await self.trash.mend()
        return emptied
