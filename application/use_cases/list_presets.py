"""Use case: list the presets, and find one."""

from application.ports.preset_library import PresetLibrary
from domain.definitions import Definitions
from domain.presets import Preset


class ListPresets:
    """Reads the preset library, which costs nothing."""

    def __init__(self, library: PresetLibrary) -> None:
        self.library = library

    async def __call__(self) -> Definitions[Preset]:
        """Return every preset, and the faults of those that are left out. Never raises."""
        return await self.library.presets()
