"""Use case: change pictures that exist."""

import asyncio

from application.jobs.job_handle import JobHandle
from application.jobs.job_service import JobService
from application.ports.image_inspector import ImageInspector
from domain.errors import UnreadableImage
from domain.image import Image
from domain.jobs import LOCAL
from domain.requests import EditRequest, check_mask

INSPECTION_TIMEOUT = 10.0
"""Seconds, its turn included; one JPEG of 50 megapixels takes about one."""


class EditImage:
    """Looks at what came in, then starts or joins the job that paints the change."""

    def __init__(self, pipeline: JobService, inspector: ImageInspector) -> None:
        self.pipeline = pipeline
        self.inspector = inspector

    async def __call__(
        self,
        request: EditRequest,
        /,
        *,
        owner: str = LOCAL,
        fresh: bool = False,
        key: str | None = None,
    ) -> JobHandle:
        """Return the ticket, as GenerateImage does.

        Raises what that does, and before it UnreadableImage (naming the picture) and
        InvalidRequest for a mask that does not fit.
        """
        for at, image in enumerate(request.images):
            await self._inspect(image, f"images[{at}]")
        if request.mask is not None:
            await self._inspect(request.mask, "mask")
        check_mask(request)
        paint = self.pipeline.provider.edit
        return await self.pipeline.submit(request, paint, owner=owner, fresh=fresh, key=key)

    async def _inspect(self, image: Image, field: str) -> None:
        try:
            async with asyncio.timeout(INSPECTION_TIMEOUT):
                await self.inspector.inspect(image)
            await asyncio.to_thread(lambda: image.digest)  # 50 MB take longer than a heartbeat may
        except UnreadableImage as error:
            raise UnreadableImage(f"{field}: {error.message}", field=field) from error
        except TimeoutError:  # without an end it would keep its place, and nobody else looked in
            why = f"{field}: it could not be looked into within {INSPECTION_TIMEOUT:g} s."
            raise UnreadableImage(why, field=field) from None
