"""Port: storage for the bytes of images."""

from collections.abc import Collection, Mapping
from typing import Protocol

from domain.image import Image, StoredRef


class ImageStore(Protocol):
    """Stores images by their content; it knows neither owners nor jobs.

    Several instances may share the same storage. What a method has written survives a power cut.
    Every method raises ArchiveUnavailable when the storage cannot be read or written.
    """

    async def check_writable(self) -> None:
        """Return if an image could be stored now. The caller checks before it spends money."""

    async def put(self, image: Image, /, *, derived_from: str | None = None) -> StoredRef:
        """Store the bytes unchanged, and return where.

        The image appears under its ref as a whole or not at all. Nothing is overwritten: equal
        images share a ref, others never do. For a rendition, `derived_from` is the ID of the image
        that it was made from; it is deleted together with that image.
        """

    async def get(self, ref: str, /, *, size: int | None = None) -> Image | None:
        """Return the bytes at this ref, or None if they are gone or cannot be read.

        `size` is the number of bytes that were stored: a file of another size is not read, and
        counts as gone. The bytes may have been changed from outside: the caller
        compares the image's ID.
        """

    async def sizes(self, refs: Collection[str], /) -> Mapping[str, int]:
        """Return the size of each image with its renditions, in bytes; 0 if it is gone."""

    async def delete(self, refs: Collection[str], /) -> int:
        """Delete these images and their renditions; return how many bytes that freed.

        A ref without bytes is ignored.
        """

    async def quarantine(self, data: bytes, /, *, job_id: str, suffix: str = "bin") -> str:
        """Store bytes that are not a finished image but may be billed; return where they are."""

    async def finish_partial_writes(self, active: Collection[str], /) -> None:
        """Complete or remove the unfinished writes of instances that are not `active`.

        An image whose bytes are complete gets its ref; incomplete bytes are removed.
        """
