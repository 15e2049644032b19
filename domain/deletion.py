"""What a deletion is about: images and their bytes, before it, in the trash, and after it."""

from dataclasses import dataclass
from datetime import datetime

from domain.image import StoredRef
from domain.job_records import OwnedImage


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredImage:
    """An owner's image, the time when its latest job was created, and its bytes with renditions."""

    image: OwnedImage
    stored: StoredRef
    created_at: datetime
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionResult:
    """How many images were deleted, the bytes of their files, and the fingerprints of their jobs.

    `until` is when the trash loses the first of them, None if they are not in the trash.
    """

    images: int = 0
    bytes: int = 0
    fingerprints: frozenset[str] = frozenset()
    until: datetime | None = None

    def __add__(self, other: "DeletionResult") -> "DeletionResult":
        return DeletionResult(
            images=self.images + other.images,
            bytes=self.bytes + other.bytes,
            fingerprints=self.fingerprints | other.fingerprints,
            until=min(filter(None, (self.until, other.until)), default=None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrashEntry:
    """An image in the trash with its renditions, and the time until which it can be restored."""

    image: OwnedImage
    stored: StoredRef | None
    prompt: str
    deleted_at: datetime
    until: datetime
    bytes: int
