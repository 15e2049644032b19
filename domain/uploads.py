"""Uploads: input images that their owners added, and that no job delivered."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath

from domain.image import StoredRef
from domain.input_images import NormalizedImage
from domain.job_records import OwnedImage, StoredImage
from domain.untrusted_text import single_line

MAX_NAME = 200
"""Characters of a file's name that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An input image of an owner, and when it was added last. It cost nothing.

    `id` is that of the upload: equal bytes of one owner are one upload. `name` is that of the
    file, empty if it had none. `image.stored` is None until its bytes are stored.
    """

    id: str
    owner: str
    name: str
    created_at: datetime
    image: StoredImage

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
        image = added.image
        return cls(
            id=upload_id(OwnedImage(image.id, owner)),
            owner=owner,
            name=file_name(name),
            created_at=at,
            image=StoredImage(
                id=image.id,
                stored=stored,
                format=image.format.value,
                dimensions=image.dimensions,
                size=len(image.data),
                notes=added.note("The image"),
            ),
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


def file_name(text: str) -> str:
    """The last part of a path that a client sent, in one line and at most MAX_NAME characters."""
    return single_line(text.replace("\\", "/").rpartition("/")[2].strip(), MAX_NAME)
