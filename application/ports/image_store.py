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

    async def put(
        self, image: Image, /, *, title: str = "", derived_from: str | None = None
    ) -> StoredRef:
        """Store the bytes unchanged, and return where.

        The image appears under its ref as a whole or not at all. Nothing is overwritten: equal
        images share a ref, others never do. `title` is any text that says what the image shows: a
        store whose refs people see may use its words. For a rendition or a preview, `derived_from`
        is the ref of the image that it belongs to; from then on it shares the fate of that image.
        The title of a preview is `preview`.
        """

    async def get(self, ref: str, /, *, size: int | None = None) -> Image | None:
        """Return the bytes at this ref, or None if they are gone or cannot be read.

        `size` is the number of bytes that were stored: a file of another size is not read, and
        counts as gone. The bytes may have been changed from outside: the caller
        compares the image's ID.
        """

    async def find(self, image_id: str, /) -> StoredRef | None:
        """Return where the image with this ID is stored, None if it is not, or is in the trash."""

    async def sizes(self, refs: Collection[str], /, *, trashed: bool = False) -> Mapping[str, int]:
        """Return the size of each image with its renditions, in bytes; 0 if it is gone.

        Of those in the trash if `trashed`, else of those outside it.
        """

    async def delete(self, refs: Collection[str], /) -> int:
        """Delete these images and their renditions; return how many bytes that freed.

        A ref without bytes is ignored. Bytes in the trash stay.
        """

    async def trash(self, refs: Collection[str], /) -> int:
        """Move these images and their renditions to the trash; return how many bytes that are.

        `get` returns None for them until they are restored. A ref without bytes is ignored. A call
        that was interrupted can be repeated, and so can those of `restore` and `empty_trash`.
        """

    async def restore(self, refs: Collection[str], /) -> Mapping[str, StoredRef]:
        """Move these images and their renditions back; return where each of them is now.

        That is a new place if other bytes took the old one. A ref is left out if it has no bytes,
        neither in the trash nor outside it.
        """

    async def empty_trash(self, refs: Collection[str], /) -> int:
        """Delete these images and their renditions from the trash; return the bytes freed.

        Bytes outside the trash stay.
        """

    async def quarantine(self, data: bytes, /, *, job_id: str, suffix: str = "bin") -> str:
        """Store bytes that are not a finished image but may be billed; return where they are."""

    async def finish_partial_writes(self, active: Collection[str], /) -> None:
        """Complete or remove the unfinished writes of instances that are not `active`.

        An image whose bytes are complete gets its ref; incomplete bytes are removed.
        """
