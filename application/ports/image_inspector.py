"""Port: whoever looks into a picture before we trust it."""

from typing import Protocol

from domain.image import Image


class ImageInspector(Protocol):
    """Tells whole pictures from broken, oversized and hostile ones."""

    async def inspect(self, image: Image, /) -> None:
        """Return if the bytes are one whole PNG, JPEG or WebP picture within the limits.

        Raises UnreadableImage, saying why, in every other case, however strange the bytes are.
        Changes nothing and blocks no event loop. What decoding alone could tell may be checked
        in part where checksums vouch for the bytes: pixels that are wrong from the start are
        found out, those that a faulty encoder got wrong later on perhaps not. What follows a
        picture's end, such as signed provenance, is allowed and not looked at.
        """
