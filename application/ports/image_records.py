"""Port: records of the images of all owners, in use and in the trash."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.image import StoredRef
from domain.job_records import OwnedImage


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedImage:
    """A stored image, and the time when its latest job was created."""

    image: OwnedImage
    stored: StoredRef
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrashedImage:
    """An image in the trash, the prompt of its latest job, and the time of its deletion.

    `stored` is where it was stored last, None if it never was. `jobs` are the IDs of the jobs that
    delivered it.
    """

    image: OwnedImage
    stored: StoredRef | None
    prompt: str
    deleted_at: datetime
    jobs: frozenset[str]


@dataclass(slots=True, kw_only=True)
class ImageReferences:
    """All that is recorded about one owner's image, and the changes to make to it.

    `stored` has every place where the image was stored, the latest first. `fingerprints` are those
    of the jobs that delivered it. An image is `shared` if another owner has it too, whose reference
    was not requested along with this one. `uploaded_at` is the time of its last upload, None if
    the owner never uploaded it.
    """

    image: OwnedImage
    stored: tuple[StoredRef, ...]
    fingerprints: frozenset[str]
    shared: bool
    uploaded_at: datetime | None = None
    forgotten: bool = False
    moved_to: StoredRef | None = None
    trashed_at: datetime | None = None
    upload_forgotten: bool = False

    def forget(self) -> None:
        """Remove the image from the owner's records."""
        self.forgotten = True

    def forget_upload(self) -> None:
        """Remove the upload from the owner's records, but not what jobs delivered."""
        self.upload_forgotten = True

    def move_to(self, stored: StoredRef) -> None:
        """Record that the image is stored there, and nowhere else."""
        self.moved_to = stored

    def trash(self, *, at: datetime) -> None:
        """Move the image from the owner's records to the trash."""
        self.trashed_at = at


@dataclass(slots=True, kw_only=True)
class TrashedReferences:
    """All that is recorded about one owner's image in the trash, and the changes to make to it.

    `jobs` are the IDs of the jobs that delivered it. The image is `in_use` if any owner has it
    outside the trash, too. It is `shared` if another owner has it in the trash, too, whose
    reference was not requested along with this one.
    """

    image: OwnedImage
    stored: tuple[StoredRef, ...]
    jobs: frozenset[str]
    in_use: bool
    shared: bool
    forgotten: bool = False
    restored: bool = False
    places: Mapping[str, StoredRef] = field(default_factory=dict)

    def forget(self) -> None:
        """Remove the image from the trash."""
        self.forgotten = True

    def restore(self, places: Mapping[str, StoredRef]) -> None:
        """Move the image from the trash to the owner's records.

        `places` has the new place for each ref that changed.
        """
        self.restored, self.places = True, places


class ImageRecords(Protocol):
    """Stores who has which image, and decides nothing.

    An image in the trash is in no answer but those of `trash` and `trashed_references`: earlier
    versions take it for deleted. Every method raises ArchiveUnavailable when the records cannot be
    read or written. The blocks of `image_references` and `trashed_references` are exclusive: no
    instance writes to the records while one runs, so it must be short and must not call the
    repository. Changes are written together when the block ends; a block that raises changes
    nothing. Images without such a record are left out.
    """

    async def image_refs(self, image: OwnedImage, /) -> Sequence[StoredRef]:
        """Return every place where the owner's image was stored, the latest first."""

    async def images_by_prefix(
        self, id_prefix: str, /, *, owner: str, limit: int
    ) -> Sequence[RecordedImage]:
        """Return stored images of this owner whose IDs begin so, in the order of their IDs.

        The prefix is `img_` and hex digits. The time does not depend on the number of images.
        """

    async def images_by_age(self, *, before: datetime | None = None) -> Sequence[RecordedImage]:
        """Return the stored images of all owners, the oldest first; no image that was uploaded.

        With `before`, only those whose latest job was created before that time: then the time that
        this takes depends on their number alone.
        """

    async def total_bytes(self) -> int | None:
        """Return the sum of the recorded sizes of all stored images, of those in the trash too.

        Uploads count in the trash only. An image counts once for each job that delivered it, and
        its renditions do not count. None if the size of one is not recorded, as in records of the
        first versions.
        """

    def image_references(
        self, images: Collection[OwnedImage], /
    ) -> AbstractAsyncContextManager[Sequence[ImageReferences]]:
        """Look up these images, and write the changes to them when the block ends."""

    async def trash(self, *, owner: str | None = None) -> Sequence[TrashedImage]:
        """Return what is in the trash of this owner or of all, the latest deletion first."""

    def trashed_references(
        self, images: Collection[OwnedImage], /
    ) -> AbstractAsyncContextManager[Sequence[TrashedReferences]]:
        """Look up these images in the trash, and write the changes when the block ends."""
