"""Builds the presets and styles, also without a container: listing them loads nothing heavy."""

from typing import NamedTuple

from application.ports.preset_library import PresetLibrary
from application.use_cases.expand_preset import ExpandPreset
from application.use_cases.list_presets import ListPresets
from application.use_cases.list_styles import ListStyles
from entrypoints.config.settings import Settings


class PresetUseCases(NamedTuple):
    """The use cases that need a preset library only."""

    list_presets: ListPresets
    list_styles: ListStyles
    expand_preset: ExpandPreset

    @classmethod
    def of(cls, library: PresetLibrary) -> "PresetUseCases":
        """The use cases over this library."""
        return cls(ListPresets(library), ListStyles(library), ExpandPreset(library))


def preset_library(settings: Settings) -> PresetLibrary:
    """The presets of the package, and those and the styles of the user."""
    from adapters.presets.file_library import FilePresetLibrary

    return FilePresetLibrary(settings.presets_folder)
