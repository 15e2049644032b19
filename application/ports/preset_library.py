"""Port: the presets and styles that this installation has."""

from typing import Protocol

from domain.definitions import Definitions
from domain.image import Image
from domain.presets import Preset
from domain.styles import Style


class PresetLibrary(Protocol):
    """Returns what is defined at the moment of the call: a change counts from the next call on."""

    async def presets(self) -> Definitions[Preset]:
        """Return all presets in the order of their names.

        Never raises: what cannot be used is in the faults.
        """
        ...

    async def styles(self) -> Definitions[Style]:
        """Return all styles in the order of their names, as `presets` does."""
        ...

    async def reference(self, style: Style, name: str) -> Image:
        """Return a reference image that the library itself has, by its name in the style.

        Does not check that the bytes are an image. Raises UnreadableImage, field `style`, if the
        library does not have it anymore.
        """
        ...
