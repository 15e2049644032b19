"""The TOML file of a preset: what it may contain, and the preset that it means."""

from string import Template
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from domain.image_formats import ImageFormat
from domain.presets import (
    MAX_ARGUMENTS,
    MAX_CHOICES,
    MAX_TEMPLATE_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    RESERVED,
    InputImages,
    Preset,
    PresetArgument,
)
from domain.requests import MAX_IMAGES_OF_TOOLS, Background, Quality
from domain.size_spellings import as_size, nearest_size
from domain.size_words import is_size

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT_CHARACTERS)
]
TemplateText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEMPLATE_CHARACTERS)]
ArgumentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
Choices = Annotated[list[Text], Field(max_length=MAX_CHOICES)]


SIZES = "auto, square, landscape, portrait, a ratio such as 16:9, hd, 2k, 4k or WIDTHxHEIGHT"


def _size(value: object) -> str:
    size = as_size(value)
    if isinstance(size, str) and is_size(size):
        return size
    near = nearest_size(value)
    advice = f"did you mean {near}?" if near else f"use {SIZES}"
    raise ValueError(f"{str(value)[:40]!r} is no size; {advice}")


class ArgumentTable(BaseModel):
    """The table of one argument."""

    model_config = ConfigDict(extra="forbid", strict=True)

    description: Text
    required: bool = False
    default: Text | None = None
    choices: Choices = []
    suggestions: Choices = []

    @model_validator(mode="after")
    def _check_values(self) -> Self:
        if self.required and self.default is not None:
            raise ValueError("a required argument needs no default")
        if self.choices and self.suggestions:
            raise ValueError("it has choices and suggestions; use one of them")
        if self.choices and self.default is not None and self.default not in self.choices:
            raise ValueError("the default is none of the choices")
        return self

    def argument(self, name: str) -> PresetArgument:
        return PresetArgument(
            name=name,
            description=self.description,
            required=self.required,
            default=self.default or "",
            choices=tuple(self.choices),
            suggestions=tuple(self.suggestions),
        )


class OptionsTable(BaseModel):
    """Options of the tools, under their names and with their values."""

    model_config = ConfigDict(extra="forbid")

    size: Annotated[str | None, BeforeValidator(_size)] = None
    quality: Quality | None = None
    format: ImageFormat | Literal["auto"] | None = None
    background: Background | None = None
    n: Annotated[int, Field(ge=1, le=MAX_IMAGES_OF_TOOLS, strict=True)] | None = None

    @model_validator(mode="after")
    def _check_transparency(self) -> Self:
        if self.background is Background.TRANSPARENT and self.format is ImageFormat.JPEG:
            raise ValueError("JPEG does not support transparency")
        return self


class PresetFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    title: Text
    description: Text
    template: TemplateText
    with_images: TemplateText | None = None
    images: InputImages = InputImages.NONE
    options: OptionsTable = OptionsTable()
    arguments: Annotated[dict[ArgumentName, ArgumentTable], Field(max_length=MAX_ARGUMENTS)] = {}

    @model_validator(mode="after")
    def _check_fields(self) -> Self:
        if reserved := sorted(RESERVED & self.arguments.keys()):
            raise ValueError(f"every preset has the argument {reserved[0]}; use another name")
        if self.with_images is not None and self.images is InputImages.NONE:
            raise ValueError('with_images needs images = "optional" or "required"')
        used = set[str]()
        for key, text in (("template", self.template), ("with_images", self.with_images or "")):
            template = Template(text)
            if not template.is_valid():
                raise ValueError(f"{key} has a $ without a name; a dollar sign is $$")
            used.update(template.get_identifiers())
        if unknown := sorted(used - self.arguments.keys()):
            raise ValueError(f"${unknown[0]} is no argument of this file")
        if unused := sorted(self.arguments.keys() - used):
            raise ValueError(f"the argument {unused[0]} is not in the template, as ${unused[0]}")
        return self

    def preset(self, name: str) -> Preset:
        return Preset(
            name=name,
            title=self.title,
            description=self.description,
            template=self.template.strip(),
            with_images=self.with_images or "",
            images=self.images,
            arguments=tuple(table.argument(name) for name, table in self.arguments.items()),
            options=self.options.model_dump(mode="json", exclude_none=True),
        )
