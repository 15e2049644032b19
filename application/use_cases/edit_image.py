"""Use case: edit existing images."""

import asyncio

from application.jobs.job_handle import JobHandle
from application.jobs.job_service import Admission, JobService
from application.ports.image_inspector import ImageInspector, NotInspected
from domain.errors import UnreadableImage
from domain.image import Image
from domain.jobs import LOCAL
from domain.requests import EditRequest, check_mask

INSPECTION_TIMEOUT = 10.0
"""Seconds for one image, including the wait for a free worker; a JPEG of 50 megapixels takes about
one."""
TOTAL_INSPECTION_TIMEOUT = 30.0
"""Seconds for all images of a request, which may have 16 and a mask."""


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
        admit: Admission | None = None,
    ) -> JobHandle:
        """Return a handle of the job, as GenerateImage does.

        Raises UnreadableImage, which names the input, InvalidRequest for a mask that does not fit,
        and what GenerateImage raises.
        """
        end = asyncio.get_running_loop().time() + TOTAL_INSPECTION_TIMEOUT
        for index, image in enumerate(request.images):
            await self._inspect(image, f"images[{index}]", end)
        if request.mask is not None:
            await self._inspect(request.mask, "mask", end)
        check_mask(request)
        return await self.job_service.submit(
            request, owner=owner, fresh=fresh, key=key, admit=admit
        )

    async def _inspect(self, image: Image, field: str, end: float) -> None:
        own_end = asyncio.get_running_loop().time() + INSPECTION_TIMEOUT
        try:
            async with asyncio.timeout_at(min(own_end, end)):
                await self.inspector.inspect(image)
            await asyncio.to_thread(lambda: image.digest)  # 50 MB take longer than a heartbeat may
        except UnreadableImage as error:
            raise UnreadableImage(f"{field}: {error.message}", field=field) from error
        except TimeoutError:  # without a limit the image would block all others
            limit = f"{INSPECTION_TIMEOUT:g} s"
            if end < own_end:
                limit = f"{TOTAL_INSPECTION_TIMEOUT:g} s, the limit for all images of a request"
            message = f"{field}: could not be inspected within {limit}."
            raise UnreadableImage(message, field=field) from None
        except NotInspected as error:
            message = f"{field}: could not be inspected: {error}."
            raise UnreadableImage(message, field=field, hint="Retry later.") from error
