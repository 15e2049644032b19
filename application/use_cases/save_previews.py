"""Use case: keep the provider's previews of an image beside it."""

from collections.abc import Sequence

from application.ports.image_store import ImageStore
from domain.errors import UnreadableImage
from domain.image import Image, StoredRef

TITLE = "preview"
"""What a preview is called in the name of its file."""


class SavePreviews:
    """Stores previews like renditions: they are deleted together with their image."""

    def __init__(self, images: ImageStore) -> None:
        self.images = images

    async def __call__(self, previews: Sequence[Image], /, *, of: StoredRef) -> Sequence[StoredRef]:
        """Store these previews of the image that is stored at `of`; return where, in their order.

        A preview that is no image is left out. Raises ArchiveUnavailable.
        """
        return [
            await self.images.put(preview, title=TITLE, derived_from=of.ref)
            for preview in previews
            if _is_image(preview)
        ]


def _is_image(preview: Image) -> bool:
    try:
        return preview.format is not None
    except UnreadableImage:
        return False
