"""Use case: fit an image of a result into a limited number of bytes."""

from application.rendition_service import RenditionService
from domain.image import Image
from domain.results import ResultImage


class PreviewImage:
    """Makes smaller renditions for clients that refuse large results."""

    def __init__(self, renditions: RenditionService) -> None:
        self.renditions = renditions

    async def __call__(self, image: ResultImage, /, *, max_bytes: int) -> Image | None:
        """Return the image itself if it fits, else a preview; None if no preview fits."""
        return await self.renditions.preview(image, max_bytes=max_bytes)
