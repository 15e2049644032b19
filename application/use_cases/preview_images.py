"""Use case: previews of the images of a result, each within a number of bytes."""

from collections.abc import Sequence

from application.async_tools import gather_all
from application.rendition_service import RenditionService
from domain.image import Image
from domain.results import ImageResult


class PreviewImages:
    """Makes smaller renditions for clients that reject large results."""

    def __init__(self, renditions: RenditionService) -> None:
        self.renditions = renditions

    async def __call__(self, result: ImageResult, /, *, max_bytes: int) -> Sequence[Image | None]:
        """Return each image itself if it fits, else a preview; None if no preview fits.

        `max_bytes` bounds each image, not their sum.
        """
        preview = self.renditions.preview
        return await gather_all([preview(image, max_bytes=max_bytes) for image in result.images])
