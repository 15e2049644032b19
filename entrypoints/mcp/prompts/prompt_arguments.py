"""The arguments of a prompt: those of its preset, and those of the tool that clients fill in."""

from collections.abc import Iterator, Mapping

from mcp_types import PromptArgument

from domain.errors import InvalidRequest
from domain.presets import RESERVED, InputImages, Preset

IMAGE, STYLE, MODEL = "image", "style", "model"
"""Names that no argument of a preset has: all of RESERVED."""
DESCRIPTIONS = {
    IMAGE: "The input image: an img_… ID, last, or what else edit_image takes.",
    STYLE: "A style by its name, for images that belong together.",
    MODEL: "The model, if not the default one.",
}


def prompt_arguments(preset: Preset) -> list[PromptArgument]:
    """What clients ask people for, the required first: some take the values by their order."""
    own = [
        PromptArgument(name=each.name, description=each.description, required=each.required)
        for each in preset.arguments
    ]
    every = [*own, *(_shared(name, preset) for name in _shared_names(preset))]
    return sorted(every, key=lambda argument: not argument.required)


def split_arguments(
    preset: Preset, given: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The values for the preset, and those for the tool; empty ones of the tool are left out.

    Raises InvalidRequest for an image that the preset does not take.
    """
    values = {name: value for name, value in given.items() if name not in RESERVED}
    shared = {name: given[name].strip() for name in RESERVED & given.keys()}
    filled = {name: value for name, value in shared.items() if value}
    if IMAGE in filled and preset.images is InputImages.NONE:
        raise InvalidRequest(
            f"The prompt {preset.name} takes no image.", field=IMAGE, hint="Leave it out."
        )
    return values, filled


def _shared_names(preset: Preset) -> Iterator[str]:
    if preset.images is not InputImages.NONE:
        yield IMAGE
    yield from (STYLE, MODEL)


def _shared(name: str, preset: Preset) -> PromptArgument:
    is_required = name == IMAGE and preset.images is InputImages.REQUIRED
    return PromptArgument(name=name, description=DESCRIPTIONS[name], required=is_required)
