"""Use case: describe a stored image by the records of its job or its upload."""

from dataclasses import dataclass

from application.image_library import ImageLibrary
from application.ports.job_repository import JobRepository
from application.ports.upload_repository import UploadRepository
from domain.image import Image
from domain.job_records import JobRecord, OwnedImage, StoredImage
from domain.uploads import Upload


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDescription:
    """An image, what is recorded of it, and its newest job; its upload, if it has no job."""

    image: Image
    recorded: StoredImage
    record: JobRecord | Upload


class DescribeImage:
    """Reads the record and the image, whose digest is part of the description."""

    def __init__(
        self, records: JobRepository, uploads: UploadRepository, library: ImageLibrary
    ) -> None:
        self.records = records
        self.uploads = uploads
        self.library = library

    async def __call__(self, image_id: str, /, *, owner: str) -> ImageDescription:
        """Describe an image of this owner; raise NotFound as `ImageLibrary.find` does."""
        image = await self.library.find(image_id, owner=owner)
        owned = OwnedImage(image_id, owner)
        record = await self.records.by_image(image_id, owner=owner) or await self.uploads.get(owned)
        known = record.images if record else ()
        recorded = next((each for each in known if each.id == image_id), None)
        if record is None or recorded is None:  # deleted in the meantime
            raise await self.library.missing(owned)
        return ImageDescription(image=image, recorded=recorded, record=record)
