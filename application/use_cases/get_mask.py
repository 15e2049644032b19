"""Use case: look up a mask by the ID that requests name it by."""

from application.ports.mask_records import MaskRecords
from domain.errors import NotFound
from domain.jobs import LOCAL
from domain.uploads import Upload


class GetMask:
    """Reads the records, and no image."""

    def __init__(self, masks: MaskRecords) -> None:
        self.masks = masks

    async def __call__(self, mask_id: str, /, *, owner: str = LOCAL) -> Upload:
        """Return the mask, with the ID of the image that it is for, also from the trash.

        Raises NotFound unless this owner has it, and ArchiveUnavailable.
        """
        mask = await self.masks.mask(mask_id, owner=owner)
        if mask is None:
            raise NotFound.of_id("mask", mask_id)
        return mask
