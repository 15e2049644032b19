"""Use case: list what is in the trash."""

from collections.abc import Sequence

from application.image_trash import ImageTrash
from domain.deletion import TrashEntry
from domain.jobs import LOCAL


class ListTrash:
    """Shows deleted images, and until when each can be restored."""

    def __init__(self, trash: ImageTrash) -> None:
        self.trash = trash

    async def __call__(self, *, owner: str | None = LOCAL) -> Sequence[TrashEntry]:
        """Return the images of this owner or of all, the latest deletion first.

        Raises ArchiveUnavailable.
        """
        return await self.trash.entries(owner=owner)
