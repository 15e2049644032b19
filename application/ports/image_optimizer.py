"""Port: whoever can give a picture another form."""

from typing import Protocol

from domain.image import Image
from domain.renditions import Rendition, RenditionSpec


class CannotRender(Exception):
    """No such rendition can be made of this picture; its text says why, for people."""


class ImageOptimizer(Protocol):
    """Makes renditions; the original is never touched."""

    async def render(self, image: Image, spec: RenditionSpec, /) -> Rendition:
        """The picture in a form that meets `spec`, as good as that allows, and how it was made.

        Returns the image itself, untouched, where it meets the spec already, where `smaller`
        could not be had, and wherever no bound of the spec forbids it and the rendition would be
        larger. Pixels are turned upright; a color profile stays, all other metadata goes. Raises
        CannotRender and nothing else on purpose. Blocks no event loop.
        """
