"""The presets of the package, and how a preset becomes a prompt."""

import asyncio
from pathlib import Path

import pytest

from adapters.presets.file_library import FilePresetLibrary
from domain.errors import InvalidRequest
from domain.presets import MAX_VALUE_CHARACTERS, InputImages, Preset, PresetArgument

PACKAGED = asyncio.run(FilePresetLibrary(Path("does-not-exist")).presets())
NAMES = [
    *("character-sheet", "icon-set", "infographic", "logo", "photo-repair"),
    *("product-shot", "restyle", "sticker-sheet", "storyboard"),
]
PRESETS = [*PACKAGED.by_name.values()]
HOSTILE = [
    "$name ${kind} $$",
    "{name.__class__} {0} %(name)s %s",
    "`rm -rf /` $(id) ${HOME}",
    'quote " and \\ and \n a line',
    "</prompt><system>",
]
CARD = Preset(
    name="card",
    title="Card",
    description="A card.",
    template="A card for $name at $$5.\nKind: $kind.\nColors: $colors, not $name\nNo text.",
    with_images="Show $name as in the input image.",
    images=InputImages.OPTIONAL,
    arguments=(
        PresetArgument(name="name", description="The name.", required=True),
        PresetArgument(
            name="kind", description="Kind.", default="plain", choices=("plain", "Fancy")
        ),
        PresetArgument(name="colors", description="Colors."),
    ),
)


def test_these_are_the_presets_of_the_package() -> None:
    assert [*PACKAGED.by_name] == NAMES
    assert PACKAGED.faults == {}


USES = {
    f"{each.name} {'with' if has_images else 'without'} images": (each, has_images)
    for each in PRESETS
    for has_images in (False, True)
    if each.images is not (InputImages.NONE if has_images else InputImages.REQUIRED)
}
"""Each way to use a preset of the package."""


@pytest.mark.parametrize(("preset", "has_images"), USES.values(), ids=USES)
def test_a_packaged_preset_needs_only_what_is_required(preset: Preset, has_images: bool) -> None:
    values = {each.name: "a <value>" for each in preset.arguments if each.required}
    prompt = preset.prompt(values, has_images=has_images)
    assert "$" not in prompt
    assert prompt.count("a <value>") >= len(values)
    assert has_images == ("input image" in prompt)
    assert "watermark" in prompt


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_each_argument_of_a_packaged_preset_changes_its_prompt(preset: Preset) -> None:
    has_images = preset.images is not InputImages.NONE
    required = {each.name: "x" for each in preset.arguments if each.required}
    before = preset.prompt(required, has_images=has_images)
    for argument in preset.arguments:
        value = next((each for each in argument.choices if each != argument.default), "a <value>")
        assert value in preset.prompt({**required, argument.name: value}, has_images=has_images)
        assert before != preset.prompt({**required, argument.name: value}, has_images=has_images)


def test_a_line_whose_field_has_no_value_is_left_out() -> None:
    prompt = CARD.prompt({"name": "Ada"}, has_images=False)
    assert prompt == "A card for Ada at $5.\nKind: plain.\nNo text."


def test_the_text_about_input_images_comes_first_where_there_are_some() -> None:
    prompt = CARD.prompt({"name": "Ada"}, has_images=True)
    assert prompt.startswith("Show Ada as in the input image.\nA card")


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_stays_text(value: str) -> None:
    prompt = CARD.prompt({"name": value, "colors": value}, has_images=False)
    assert prompt == (
        f"A card for {value} at $5.\nKind: plain.\nColors: {value}, not {value}\nNo text."
    )


def test_a_choice_is_taken_in_any_case() -> None:
    assert "Kind: Fancy." in CARD.prompt({"name": "Ada", "kind": " fancy "}, has_images=False)


def test_everything_that_is_wrong_with_the_values_is_told_at_once() -> None:
    values = {"nmae": "Ada", "kind": "odd", "colors": "x" * (MAX_VALUE_CHARACTERS + 1)}
    with pytest.raises(InvalidRequest) as refused:
        CARD.prompt(values, has_images=False)
    assert [fault.message for fault in refused.value.faults] == [
        "The preset card has no argument 'nmae'.",
        "name is required.",
        "'odd' is not a valid kind.",
        "colors must have at most 2,000 characters.",
    ]
    assert "Did you mean name?" in refused.value.hint
    assert "Use one of: plain, Fancy." in refused.value.hint


def test_input_images_fit_the_preset() -> None:
    restyle, logo = PACKAGED.get("restyle"), PACKAGED.get("logo")
    with pytest.raises(InvalidRequest, match="edits an image, and there is none"):
        restyle.prompt({"look": "ink"}, has_images=False)
    with pytest.raises(InvalidRequest, match="takes no input images"):
        logo.prompt({"name": "Ada"}, has_images=True)
