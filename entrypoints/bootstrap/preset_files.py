"""Builds the container's presets and styles."""

from application.ports.preset_library import PresetLibrary
from entrypoints.config.settings import Settings


def preset_library(settings: Settings) -> PresetLibrary:
    """The presets of the package, and those and the styles of the user."""
    from adapters.presets.file_library import FilePresetLibrary

    return FilePresetLibrary(settings.presets_folder)
