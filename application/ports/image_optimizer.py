"""Port: whoever can give a picture another form."""

from typing import Protocol

from domain.images import Image


class ImageOptimizer(Protocol):
    """Makes renditions; the original is never touched."""

    async def preview(self, image: Image, /, *, max_bytes: int) -> Image | None:
        """The same picture in at most `max_bytes` bytes, as good as that allows.

        Returns the image itself when it fits, and None when even the smallest rendition does
        not fit or the picture cannot be read. Blocks no event loop.
        """
