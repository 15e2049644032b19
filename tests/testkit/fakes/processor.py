"""A step on renditions that turns images over."""

import asyncio
from collections.abc import Mapping
from io import BytesIO

import PIL.Image

from application.ports.image_optimizer import CannotRender
from domain.image import Image


class Turned:
    """An ImageProcessor that turns an image by so many degrees, a multiple of 90.

    `seen` has every image that it got.
    """

    def __init__(self, degrees: int = 180, name: str = "turned") -> None:
        self.name = name
        self.degrees = degrees
        self.seen: list[Image] = []

    @property
    def options(self) -> Mapping[str, str]:
        return {"degrees": str(self.degrees)}

    async def process(self, image: Image, /) -> Image:
        self.seen.append(image)
        return await asyncio.to_thread(self._turned, image)

    def _turned(self, image: Image) -> Image:
        out = BytesIO()
        try:
            with PIL.Image.open(BytesIO(image.data)) as opened:
                opened.rotate(self.degrees, expand=True).save(out, "PNG")
        except (OSError, ValueError, SyntaxError) as error:
            raise CannotRender("it cannot be decoded") from error
        return Image(out.getvalue())
