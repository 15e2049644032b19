"""Port: checks images before the service relies on them."""

from typing import Protocol

from domain.image import Image


class NotInspected(Exception):
    """The server cannot inspect the image now; the text is the reason, for people."""


class ImageInspector(Protocol):
    """Tells intact images from damaged, oversized and hostile ones."""

    async def inspect(self, image: Image, /) -> None:
        """Return if the bytes are one intact PNG, JPEG, WebP or plain AVIF image in the limits.

        Otherwise raises UnreadableImage with the reason, whatever the bytes are. NotInspected means
        that the server could not check. Changes nothing, does not block the event loop, and ends
        its work when it is canceled. Where checksums prove the bytes intact, the check may skip
        parts that only full decoding could prove: pixels that are wrong from the start are
        detected, later mistakes of a faulty encoder perhaps not. Bytes after the end of the image,
        such as signed provenance, are allowed and ignored, except in an AVIF.
        """
