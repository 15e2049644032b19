"""Use case: edit existing images."""

import asyncio

from application.jobs.job_handle import JobHandle
from application.jobs.job_service import JobService
from application.ports.image_inspector import ImageInspector, NotInspected
from domain.errors import UnreadableImage
from domain.image import Image
from domain.jobs import LOCAL
from domain.requests import EditRequest, check_mask

INSPECTION_TIMEOUT = 10.0
"""Seconds for one image, including the wait for a free worker; a JPEG of 50 megapixels takes about
one."""


class EditImage:
    """Inspects the input images, then starts or joins the job that edits them."""

    def __init__(self, job_service: JobService, inspector: ImageInspector) -> None:
        self.job_service = job_service
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
        """Return a handle of the job, as GenerateImage does.

        Raises UnreadableImage, which names the input, InvalidRequest for a mask that does not fit,
        and what GenerateImage raises.
        """
        for index, image in enumerate(request.images):
            await self._inspect(image, f"images[{index}]")
        if request.mask is not None:
            await self._inspect(request.mask, "mask")
        check_mask(request)
        return await self.job_service.submit(request, owner=owner, fresh=fresh, key=key)

    async def _inspect(self, image: Image, field: str) -> None:
        try:
            async with asyncio.timeout(INSPECTION_TIMEOUT):
                await self.inspector.inspect(image)
            await asyncio.to_thread(lambda: image.digest)  # 50 MB take longer than a heartbeat may
        except UnreadableImage as error:
            raise UnreadableImage(f"{field}: {error.message}", field=field) from error
        except TimeoutError:  # without a limit the image would block all others
            message = f"{field}: could not be inspected within {INSPECTION_TIMEOUT:g} s."
            raise UnreadableImage(message, field=field) from None
        except NotInspected as error:
            message = f"{field}: could not be inspected: {error}."
            raise UnreadableImage(message, field=field, hint="Retry later.") from error
