"""Use case: store a mask for an image, so that later edits can name it."""

import asyncio

from application.async_tools import run_to_completion
from application.image_library import ImageLibrary
from application.input_inspection import in_time
from application.ports.clock import Clock
from application.ports.image_normalizer import ImageNormalizer
from application.ports.incoming_files import IncomingFile
from application.ports.upload_repository import UploadRepository
from application.upload_storage import store_upload
from domain.image import Image
from domain.jobs import LOCAL
from domain.masks import check_not_the_image, marking_some
from domain.requests import check_mask_size
from domain.uploads import Upload

AT_ONCE = 2
"""Masks that are checked at once: each is in memory beside its image."""


class SaveMask:
    """Stores a mask as it will be sent: a PNG with an alpha channel, in the size of its image.

    Equal masks of one owner for one image are one mask, whose days begin anew.
    """

    def __init__(
        self,
        library: ImageLibrary,
        normalizer: ImageNormalizer,
        uploads: UploadRepository,
        clock: Clock,
    ) -> None:
        self.library = library
        self.normalizer = normalizer
        self.uploads = uploads
        self.clock = clock
        self._in_memory = asyncio.Semaphore(AT_ONCE)

    async def __call__(
        self, image_id: str, data: bytes | IncomingFile, /, *, owner: str = LOCAL
    ) -> str:
        """Store the mask in these bytes for an image of this owner; return its ID, `mask_…`.

        A file is read when it is its turn, so that few masks are in memory at once. What the mask
        marks and whether it fits is decided as for an edit: see `domain.masks.plan_mask`. It costs
        nothing. Raises NotFound for an unknown image, UnreadableImage for bytes that are no image,
        InvalidRequest for a mask that does not fit the image or marks nothing of it, or all of it,
        and ArchiveUnavailable. Once storing has begun, it runs to its end even if the caller is
        canceled.
        """
        async with self._in_memory:
            image = await self.library.find(image_id, owner=owner)
            content = data if isinstance(data, bytes) else await data.read()
            mask, notes = await self._fit(Image(content), image)
            upload = Upload.of_mask(
                mask, image_id=image_id, owner=owner, at=self.clock.now(), notes=notes
            )
            storing = store_upload(upload, mask, images=self.library.images, uploads=self.uploads)
            return (await run_to_completion(storing)).id

    async def _fit(self, mask: Image, image: Image) -> tuple[Image, tuple[str, ...]]:
        normalized = await in_time(self.normalizer.normalize(image), "image")
        made = await in_time(self.normalizer.normalize_mask(mask, normalized), "mask")
        if mask == image:
            check_not_the_image(made.notes)
        fitting = marking_some(made)
        check_mask_size(fitting)
        return fitting, made.notes
