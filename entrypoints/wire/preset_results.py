"""Presets and styles as text and as JSON values."""

from collections.abc import Iterator
from typing import Literal, TypeVar

from msgspec import UNSET, Struct, UnsetType

from domain.counts import count
from domain.definitions import Definitions
from domain.presets import InputImages, Preset, PresetArgument
from domain.styles import Style
from domain.untrusted_text import several_lines

D = TypeVar("D", Preset, Style)

IMAGES = {
    InputImages.NONE: "generates an image",
    InputImages.OPTIONAL: "generates an image, or edits input images",
    InputImages.REQUIRED: "edits an input image",
}


class PresetArgumentFacts(Struct, kw_only=True):
    """A field of a preset's template."""

    name: str
    description: str
    required: bool
    default: str
    choices: list[str]
    suggestions: list[str]


class PresetFacts(Struct, kw_only=True, rename="camel"):
    """Everything about a preset."""

    name: str
    title: str
    description: str
    images: Literal["none", "optional", "required"]
    arguments: list[PresetArgumentFacts]
    options: dict[str, str | int]
    template: str
    with_images: str | UnsetType = UNSET


class StyleFacts(Struct, kw_only=True):
    """Everything about a style."""

    name: str
    description: str
    text: str
    palette: list[str]
    references: list[str]


class FileFault(Struct, kw_only=True):
    """What is wrong with a file, which is left out."""

    file: str
    key: str
    reason: str


class PresetsResult(Struct, kw_only=True):
    """All presets."""

    presets: list[PresetFacts]
    faults: list[FileFault]


class StylesResult(Struct, kw_only=True):
    """All styles."""

    styles: list[StyleFacts]
    faults: list[FileFault]


def presets_text(found: Definitions[Preset]) -> str:
    """A line for each preset, and one for each fault."""
    return _listing(found, {name: each.description for name, each in found.by_name.items()})


def presets_result(found: Definitions[Preset]) -> PresetsResult:
    """The same as JSON values."""
    facts = [preset_facts(each) for each in found.by_name.values()]
    return PresetsResult(presets=facts, faults=_faults(found))


def styles_text(found: Definitions[Style]) -> str:
    """A line for each style, and one for each fault."""
    return _listing(found, {name: style_summary(each) for name, each in found.by_name.items()})


def styles_result(found: Definitions[Style]) -> StylesResult:
    """The same as JSON values."""
    facts = [style_facts(each) for each in found.by_name.values()]
    return StylesResult(styles=facts, faults=_faults(found))


def preset_text(preset: Preset) -> str:
    """Everything about a preset, with its template as it is written."""
    return several_lines("\n".join(_preset_lines(preset)))


def preset_facts(preset: Preset) -> PresetFacts:
    """The same as JSON values."""
    return PresetFacts(
        name=preset.name,
        title=preset.title,
        description=preset.description,
        images=preset.images.value,
        arguments=[_argument_facts(each) for each in preset.arguments],
        options=dict(preset.options),
        template=preset.template,
        with_images=preset.with_images.strip() or UNSET,
    )


def style_text(style: Style) -> str:
    """Everything about a style."""
    lines = [f"{style.name}: {style.description}" if style.description else style.name]
    if style.text:
        lines += ["", style.text]
    if style.colors:
        lines += ["", f"Palette: {', '.join(style.colors)}"]
    if style.references:
        lines += ["", f"Reference images: {', '.join(style.references)}"]
    return several_lines("\n".join(lines))


def style_facts(style: Style) -> StyleFacts:
    """The same as JSON values."""
    return StyleFacts(
        name=style.name,
        description=style.description,
        text=style.text,
        palette=list(style.colors),
        references=list(style.references),
    )


def style_summary(style: Style) -> str:
    """The description, or else what the style consists of."""
    parts = [
        "a text" if style.text else "",
        count(len(style.colors), "color") if style.colors else "",
        count(len(style.references), "reference image") if style.references else "",
    ]
    return style.description or ", ".join(filter(None, parts))


def _listing(found: Definitions[D], described: dict[str, str]) -> str:
    width = max(map(len, described), default=0)
    known: list[str] = [f"{name:{width}}  {text}" for name, text in described.items()]
    left_out: list[str] = [
        f"Left out: {fault}." for each in found.faults.values() for fault in each
    ]
    return several_lines("\n".join([*(known or [found.names]), *left_out]))


def _faults(found: Definitions[D]) -> list[FileFault]:
    return [
        FileFault(file=fault.file, key=fault.key, reason=fault.reason)
        for each in found.faults.values()
        for fault in each
    ]


def _preset_lines(preset: Preset) -> Iterator[str]:
    yield f"{preset.name}: {preset.description}"
    yield f"It {IMAGES[preset.images]}."
    if preset.arguments:
        yield ""
        yield "Arguments:"
        yield from (_argument_line(each) for each in preset.arguments)
    if preset.options:
        named = ", ".join(f"{name} {value}" for name, value in preset.options.items())
        yield ""
        yield f"Options, unless you set them: {named}"
    yield ""
    if preset.with_images:
        yield f"[With input images] {preset.with_images.strip()}"
    yield preset.template


def _argument_line(argument: PresetArgument) -> str:
    parts = [argument.description]
    if argument.required:
        parts.append("Required.")
    if argument.choices:
        parts.append(f"One of: {'; '.join(argument.choices)}.")
    if argument.default:
        parts.append(f"Default: {argument.default}.")
    if argument.suggestions:
        parts.append(f"For example: {'; '.join(argument.suggestions)}.")
    return f"  {argument.name}: {' '.join(parts)}"


def _argument_facts(argument: PresetArgument) -> PresetArgumentFacts:
    return PresetArgumentFacts(
        name=argument.name,
        description=argument.description,
        required=argument.required,
        default=argument.default,
        choices=list(argument.choices),
        suggestions=list(argument.suggestions),
    )
