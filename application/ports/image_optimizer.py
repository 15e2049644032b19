"""Port: makes renditions of images."""

from typing import Protocol

from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import Rendition, RenditionSpec


class CannotRender(Exception):
    """The image has no rendition for this spec; the text says why, for people."""


class ImageOptimizer(Protocol):
    """Makes renditions; the original is never changed."""

    def can_encode(self, form: ImageFormat, /) -> bool:
        """Whether renditions can be made in this format here: always but for AVIF. Takes no time.

        A rendition in a format that cannot be encoded after all raises CannotRender.
        """

    async def render(self, image: Image, spec: RenditionSpec, /) -> Rendition:
        """Return the best image that meets `spec`, and a description of how it was made.

        Returns the image itself, unchanged, if it meets the spec already, if `smaller` cannot be
        achieved, and if the rendition would be larger and no bound of the spec requires it. Pixels
        are turned upright; a color profile is kept, all other metadata is removed. Raises
        CannotRender and nothing else on purpose. Does not block the event loop.
        """
