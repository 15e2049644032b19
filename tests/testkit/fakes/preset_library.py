"""A library of presets and styles in memory."""

from collections.abc import Mapping

from domain.definitions import DefinitionFault, Definitions
from domain.errors import UnreadableImage
from domain.image import Image
from domain.presets import Preset
from domain.styles import Style


class MemoryPresetLibrary:
    """A PresetLibrary of these presets and styles, which a test may change.

    `images` are the library's own reference images, by their names. `faults` are those of presets
    and of styles, by the name that is left out.
    """

    def __init__(
        self,
        *definitions: Preset | Style,
        images: Mapping[str, Image] | None = None,
        faults: Mapping[str, tuple[DefinitionFault, ...]] | None = None,
    ) -> None:
        self.definitions = [*definitions]
        self.images = dict(images or {})
        self.faults = dict(faults or {})

    async def presets(self) -> Definitions[Preset]:
        found = {each.name: each for each in self.definitions if isinstance(each, Preset)}
        return Definitions(kind="preset", by_name=dict(sorted(found.items())), faults=self.faults)

    async def styles(self) -> Definitions[Style]:
        found = {each.name: each for each in self.definitions if isinstance(each, Style)}
        return Definitions(kind="style", by_name=dict(sorted(found.items())), faults=self.faults)

    async def reference(self, style: Style, name: str) -> Image:
        if name not in style.references or name not in self.images:
            raise UnreadableImage(f"{style.name} has no reference image {name}.", field="style")
        return self.images[name]
