"""Stores uploads so that no stored file is without a record, wherever the process ends."""

from contextlib import suppress
from dataclasses import replace

from application.ports.image_store import ImageStore
from application.ports.upload_repository import UploadRepository
from domain.errors import ArchiveUnavailable
from domain.image import Image
from domain.job_records import OwnedImage
from domain.uploads import Upload


async def store_upload(
    upload: Upload, image: Image, *, images: ImageStore, uploads: UploadRepository
) -> Upload:
    """Record the upload, store its bytes, and record where they are.

    If storing fails, the record goes; if the process ends, ExpireUploads finds the record. Raises
    ArchiveUnavailable.
    """
    await uploads.save(upload)
    try:
        stored = await images.put(image, title=upload.title)
    except ArchiveUnavailable:
        with suppress(ArchiveUnavailable):
            await uploads.finish(OwnedImage(upload.image.id, upload.owner), None)
        raise
    finished = replace(upload, image=replace(upload.image, stored=stored))
    await uploads.save(finished)
    return finished
