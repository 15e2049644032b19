"""Port: prepares input images for a provider."""

from typing import Protocol

from domain.image import Image
from domain.input_images import NormalizedImage, NormalizedMask


class ImageNormalizer(Protocol):
    """Turns what cameras, scanners and editors make into images that every provider reads."""

    async def normalize(self, image: Image, /) -> NormalizedImage:
        """Return the image as people see it, in 8-bit gray, RGB or RGBA, without metadata.

        It is upright; its colors are sRGB, or its profile is close to that and kept; of several
        images in a file it is the main one. If only metadata must go, the pixels are the same,
        without another loss; if nothing must change, so are the bytes. Equal bytes give equal
        bytes.

        Raises UnreadableImage with the reason unless the bytes are one intact PNG, JPEG or WebP
        image within the limits, or an image of another format that this server can decode; and
        NotInspected if the server could not check. Does not block the event loop, and ends its
        work when it is canceled.
        """

    async def normalize_mask(self, mask: Image, image: NormalizedImage, /) -> NormalizedMask:
        """Return the mask for this image: a PNG in RGBA of its size.

        What it marks and where is decided by `domain.masks.plan_mask`, whose notes are returned.
        A mask that needs no change is returned as `normalize` would return it. Raises
        InvalidRequest for a mask that does not fit, and what `normalize` raises.
        """
