"""Use case: list the styles, and find one."""

from application.ports.preset_library import PresetLibrary
from domain.definitions import Definitions
from domain.styles import Style


class ListStyles:
    """Reads the preset library, which costs nothing."""

    def __init__(self, library: PresetLibrary) -> None:
        self.library = library

    async def __call__(self) -> Definitions[Style]:
        """Return every style, and the faults of those that are left out. Never raises."""
        return await self.library.styles()
