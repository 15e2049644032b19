"""Port: where the bytes of images are kept."""

from collections.abc import Collection, Mapping
from typing import Protocol

from domain.image import Image, StoredRef


class ImageStore(Protocol):
    """Bytes by content: it knows neither owners nor jobs. Several processes may share one.

    What a method has written survives a power cut. Every method raises ArchiveUnavailable when the
    disk or the service behind the store refuses.
    """

    async def check_writable(self) -> None:
        """Return if an image could be stored now. Called before money is spent."""

    async def put(self, image: Image, /, *, derived_from: str | None = None) -> StoredRef:
        """Store the bytes unchanged, and return where.

        The whole image appears under its ref at once or not at all. Nothing is overwritten: equal
        images share a ref, others never do. A rendition names the ID of the image that it is
        derived from, and is deleted together with it.
        """

    async def get(self, ref: str, /) -> Image | None:
        """Return the bytes at this ref; None if there are none that can be read.

        A user may have changed a file: the caller compares the image's ID.
        """

    async def sizes(self, refs: Collection[str], /) -> Mapping[str, int]:
        """Return the bytes that each image takes together with its renditions; 0 if it is gone."""

    async def delete(self, refs: Collection[str], /) -> int:
        """Delete these images and their renditions; return how many bytes that freed.

        A ref without bytes is passed over.
        """

    async def quarantine(self, data: bytes, /, *, job_id: str, suffix: str = "bin") -> str:
        """Keep bytes that are no finished image but may have been paid for; return where."""

    async def finish_partial_writes(self, living: Collection[str], /) -> None:
        """Complete or remove what processes that are not `living` were writing when they ended.

        An image whose bytes are complete gets its ref; incomplete ones are removed.
        """
