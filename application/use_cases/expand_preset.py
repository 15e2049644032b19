"""Use case: the arguments that a preset means."""

from collections.abc import Mapping
from dataclasses import dataclass

from application.ports.preset_library import PresetLibrary


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpandedPreset:
    """A prompt that is ready to be sent, and suggested options in the tools' spelling."""

    prompt: str
    options: Mapping[str, str | int]


class ExpandPreset:
    """Fills in the template of a preset. Nothing is generated."""

    def __init__(self, library: PresetLibrary) -> None:
        self.library = library

    async def __call__(
        self, name: str, values: Mapping[str, str], /, *, has_images: bool, more: str = ""
    ) -> ExpandedPreset:
        """Return the prompt with these values, followed by `more`, and the options.

        `has_images`: whether the request has input images. Raises InvalidRequest, with all faults,
        for an unknown preset, and for values or images that it does not take.
        """
        preset = (await self.library.presets()).get(name)
        prompt = preset.prompt(values, has_images=has_images)
        text = f"{prompt}\n{more}" if more else prompt
        return ExpandedPreset(prompt=text, options=preset.options)
