"""Use case: previews of the images of a result, each within a number of bytes."""

from collections.abc import Sequence

from application.async_tools import gather_all
from application.rendition_service import RenditionService
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import RenditionSpec
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

    async def portable(self, image: Image, /, *, max_side: int, max_bytes: int) -> Image | None:
        """Return a PNG or JPEG of the image within both bounds, or None if none can be made.

        That is the image itself if it meets them.
        """
        return await self.renditions.portable(image, max_side=max_side, max_bytes=max_bytes)

    async def small(self, image: Image, /, *, max_side: int) -> Image | None:
        """Return a PNG of the image, its longer side at most `max_side` pixels, or None.

        For bytes that were not inspected, such as a partial image: a worker decodes them.
        """
        spec = RenditionSpec(format=ImageFormat.PNG, max_side=max_side)
        return await self.renditions.render_or_none(image, spec)
