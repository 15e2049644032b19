"""Port: records of uploads, which are input images that no job delivered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from application.ports.mask_records import MaskRecords
from domain.image import StoredRef
from domain.image_filters import EVERY_IMAGE, ImageFilter
from domain.job_records import JobPosition, OwnedImage
from domain.uploads import Upload


class UploadRepository(MaskRecords, Protocol):
    """Stores the uploads of all owners, beside the jobs: a JobRepository has their images, too.

    A mask is an upload, too: it is stored, expires and is deleted like one, but is in no list.

    An upload is recorded before its bytes are stored, and finished afterwards. So no stored file is
    without a record, wherever the process ends. Only finished uploads are listed. What a method has
    written survives a power cut. Every method raises ArchiveUnavailable when the records cannot be
    read or written.
    """

    async def save(self, upload: Upload, /) -> None:
        """Record an upload.

        One whose bytes are stored replaces an earlier one of the same image and owner, whose name
        stays if this one has none. One whose bytes are not stored yet changes only the time of an
        earlier one, which must not expire meanwhile.
        """

    async def get(self, image: OwnedImage, /) -> Upload | None:
        """Return the owner's newest finished upload of this image, also as a mask, if any."""

    async def recent(
        self,
        *,
        owner: str,
        limit: int,
        start: JobPosition | None = None,
        matching: ImageFilter = EVERY_IMAGE,
    ) -> Sequence[Upload]:
        """Return the newest `limit` uploads of this owner that the filter matches, newest first.

        Without masks.

        The words of the filter are looked for in the name, its times are those of the upload, and
        no upload has a model. With `start`, those are the upload at this position and older ones.
        """

    async def older_than(self, before: datetime, /) -> Sequence[OwnedImage]:
        """Return the finished uploads of all owners from before this time, the oldest first."""

    async def unfinished(self, before: datetime, /) -> Sequence[OwnedImage]:
        """Return the unfinished uploads of all owners from before this time, the oldest first."""

    async def finish(self, image: OwnedImage, stored: StoredRef | None, /) -> None:
        """Finish the owner's unfinished uploads of this image; without a place, remove them.

        A finished upload stays as it is.
        """
