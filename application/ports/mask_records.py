"""Port: finds masks by the IDs that requests name them by."""

from typing import Protocol

from domain.uploads import Upload


class MaskRecords(Protocol):
    """Looks masks up; an UploadRepository does. Raises ArchiveUnavailable."""

    async def mask(self, mask_id: str, /, *, owner: str) -> Upload | None:
        """Return the owner's mask with this ID, also from the trash; None if there is none."""
