"""Use case: read an image in parts, for clients that take no message as large as the image."""

from dataclasses import dataclass

from application.use_cases.view_image import ViewImage
from domain.errors import NotFound
from domain.image import Image
from domain.renditions import ViewSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageChunk:
    """Consecutive bytes of an image. Chunks are numbered from 1 to `count`."""

    image: Image
    number: int
    size: int

    @property
    def count(self) -> int:
        """The number of chunks of the image."""
        return count_chunks(self.image, self.size)

    @property
    def offset(self) -> int:
        """Bytes of the image before this chunk."""
        return (self.number - 1) * self.size

    @property
    def data(self) -> bytes:
        """The bytes; those of all chunks in order are the image."""
        return self.image.data[self.offset : self.offset + self.size]


def count_chunks(image: Image, size: int) -> int:
    """The number of chunks of `size` bytes that an image has; the last one may be shorter."""
    return -(-len(image.data) // size)


class ReadImageChunk:
    """Reads whole images, whose digest is checked, and keeps them for the chunks that follow."""

    def __init__(self, view_image: ViewImage) -> None:
        self.view_image = view_image

    async def __call__(self, image_id: str, number: int, /, *, size: int, owner: str) -> ImageChunk:
        """Return the chunk with this number, of at most `size` bytes.

        Raises NotFound for a number that the image does not have, and as `ViewImage` does.
        """
        image = (await self.view_image(image_id, ViewSpec(), owner=owner)).image
        chunk = ImageChunk(image=image, number=number, size=size)
        if not 1 <= number <= chunk.count:
            hint = f"Its chunks have the numbers 1 to {chunk.count}."
            raise NotFound(f"{image_id} has no chunk {number}.", hint=hint)
        return chunk
