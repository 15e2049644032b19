"""An image source in memory."""

from collections.abc import Mapping

from domain.errors import UnreadableImage
from domain.image import Image


class MemoryImageSource:
    """Names that begin with `scheme`; counts in `opened` what was asked for."""

    def __init__(self, images: Mapping[str, Image], scheme: str = "memory:") -> None:
        self.images = images
        self.scheme = scheme
        self.opened: list[str] = []

    @property
    def offer(self) -> str:
        return f"the name of an image in memory, {self.scheme}NAME"

    async def open(self, name: str, /) -> Image | None:
        if not name.startswith(self.scheme):
            return None
        self.opened.append(name)
        image = self.images.get(name)
        if image is None:
            raise UnreadableImage(
                f"{name} is not there.", field="images", hint=f"Use {self.offer}."
            )
        return image
