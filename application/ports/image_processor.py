"""Port: a step on the way from an image to its renditions, such as a watermark."""

from collections.abc import Mapping
from typing import Protocol

from domain.image import Image


class ImageProcessor(Protocol):
    """Changes what renditions show. It gets copies: a stored original is never changed."""

    @property
    def name(self) -> str:
        """Its name in descriptions of renditions, such as `watermark`; never another one."""

    @property
    def options(self) -> Mapping[str, str]:
        """What else decides what it makes of an image.

        Name and options are a part of the key under which a rendition is cached: with others, the
        rendition is made again. They are read once, and never shown.
        """

    async def process(self, image: Image, /) -> Image:
        """Return the changed image, which may have another size, or the image itself.

        It is an intact PNG, JPEG, WebP or AVIF; where the format need not change, PNG loses
        nothing before the rendition is encoded. Equal images give equal images. Raises CannotRender
        and nothing else on purpose: then there is no such rendition. Does not block the event loop,
        and ends its work when it is canceled.
        """
