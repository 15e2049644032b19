"""Uploads: input images and masks that their owners added, and that no job delivered."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath

from domain.image import Image, StoredRef
from domain.input_images import NormalizedImage
from domain.job_records import OwnedImage, StoredImage
from domain.untrusted_text import single_line

MAX_NAME = 200
"""Characters of a file's name that are kept."""
MASK_ID = re.compile(r"mask_[0-9a-f]{32}")
MASK_NAME = "mask.png"
"""The name of every mask: its bytes have been made here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An input image of an owner, and when it was added last. It cost nothing.

    `id` is that of the upload: equal bytes of one owner are one upload. `name` is that of the
    file, empty if it had none. `image.stored` is None until its bytes are stored. `mask_of` is the
    ID of the image whose areas it marks, if it is a mask; then `id` is what requests name it by.
    """

    id: str
    owner: str
    name: str
    created_at: datetime
    image: StoredImage
    mask_of: str = ""

    @classmethod
    def of(
        cls,
        added: NormalizedImage,
        *,
        owner: str,
        name: str,
        at: datetime,
        stored: StoredRef | None = None,
    ) -> "Upload":
        """The upload of this image, as it is stored."""
        return cls(
            id=upload_id(OwnedImage(added.image.id, owner)),
            owner=owner,
            name=file_name(name),
            created_at=at,
            image=_to_store(added.image, added.note("The image"), stored),
        )

    @classmethod
    def of_mask(
        cls, mask: Image, *, image_id: str, owner: str, at: datetime, notes: tuple[str, ...] = ()
    ) -> "Upload":
        """The upload of this mask for an image; its bytes are not stored yet."""
        return cls(
            id=mask_id(OwnedImage(mask.id, owner), image_id),
            owner=owner,
            name=MASK_NAME,
            created_at=at,
            image=_to_store(mask, notes, None),
            mask_of=image_id,
        )

    @property
    def images(self) -> tuple[StoredImage, ...]:
        """Its image, as a job has images."""
        return (self.image,)

    @property
    def title(self) -> str:
        """Words for the name of the stored file."""
        return PurePosixPath(self.name).stem


def upload_id(image: OwnedImage) -> str:
    """The ID of the owner's upload of this image."""
    digest = sha256(f"{image.id} {image.owner}".encode()).hexdigest()
    return f"upload_{digest[:32]}"


def mask_id(mask: OwnedImage, image_id: str) -> str:
    """The ID of the owner's mask with these bytes for this image."""
    digest = sha256(f"{mask.id} {mask.owner} {image_id}".encode()).hexdigest()
    return f"mask_{digest[:32]}"


def file_name(text: str) -> str:
    """The last part of a path that a client sent, in one line and at most MAX_NAME characters."""
    return single_line(text.replace("\\", "/").rpartition("/")[2].strip(), MAX_NAME)


def _to_store(image: Image, notes: tuple[str, ...], stored: StoredRef | None) -> StoredImage:
    return StoredImage(
        id=image.id,
        stored=stored,
        format=image.format.value,
        dimensions=image.dimensions,
        size=len(image.data),
        notes=notes,
    )
