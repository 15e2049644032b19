"""The size in which a caller wants an image delivered. No image is enlarged for it."""

import re
from dataclasses import dataclass
from typing import Self

from domain.errors import InvalidRequest
from domain.image_formats import Dimensions

TEXT = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})(?: (cover|fit))?")


@dataclass(frozen=True, slots=True)
class DeliverySize:
    """A box in pixels. The image fits into it, or, with `covers`, fills it and is cropped."""

    box: Dimensions
    covers: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `800x600`, `800x600 fit` or `800x600 cover`; raise InvalidRequest for the rest."""
        match = TEXT.fullmatch(text)
        if match is None:
            raise InvalidRequest(
                f"{text[:40]!r} is not a valid size to deliver.",
                field="deliver",
                hint='Use WIDTHxHEIGHT, such as "800x600", or "800x600 cover" to crop the image.',
            )
        return cls(Dimensions(int(match[1]), int(match[2])), covers=match[3] == "cover")

    def __str__(self) -> str:
        return f"{self.box} cover" if self.covers else str(self.box)

    def size_of(self, image: Dimensions) -> Dimensions:
        """The size in which an image of this size is delivered: the box, or as much as it fills.

        A cover of a larger box has the box's shape, cut from the image.
        """
        if self.covers:
            scale = min(1.0, image.width / self.box.width, image.height / self.box.height)
            return _scaled(self.box, scale)
        scale = min(1.0, self.box.width / image.width, self.box.height / image.height)
        return _scaled(image, scale)

    def is_reached_by(self, image: Dimensions) -> bool:
        """Whether an image of this size needs not be enlarged."""
        wider, higher = image.width >= self.box.width, image.height >= self.box.height
        return wider and higher if self.covers else wider or higher


def _scaled(size: Dimensions, scale: float) -> Dimensions:
    return Dimensions(max(1, round(size.width * scale)), max(1, round(size.height * scale)))
