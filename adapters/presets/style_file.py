"""The TOML file of a style: what it may contain, and the style that it means."""

import re
from pathlib import PurePath
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from domain.presets import MAX_TEXT_CHARACTERS
from domain.styles import MAX_COLORS, MAX_REFERENCES, MAX_STYLE_CHARACTERS, STORED_IMAGE, Style

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp"})


def is_file_name(reference: str) -> bool:
    """Whether the reference is a file beside the style's, and no ID of a stored image."""
    return STORED_IMAGE.fullmatch(reference) is None


def _check_reference(text: str) -> str:
    if is_file_name(text) and (
        PurePath(text).name != text
        or text.startswith(".")
        or re.search(r"[\\/:\x00-\x1f]", text)
        or PurePath(text).suffix.lower() not in SUFFIXES
    ):
        kinds = ", ".join(sorted(SUFFIXES))
        raise ValueError(f"it is no img_… ID and no name of a file beside this one ({kinds})")
    return text


Color = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]
Reference = Annotated[
    str, StringConstraints(min_length=1, max_length=100), AfterValidator(_check_reference)
]


class StyleFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    description: Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARACTERS)] = ""
    text: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=MAX_STYLE_CHARACTERS)
    ] = ""
    palette: Annotated[list[Color], Field(max_length=MAX_COLORS)] = []
    references: Annotated[list[Reference], Field(max_length=MAX_REFERENCES)] = []

    @model_validator(mode="after")
    def _check_content(self) -> Self:
        if not (self.text or self.palette or self.references):
            raise ValueError("it has no text, no palette and no references")
        return self

    def style(self, name: str) -> Style:
        return Style(
            name=name,
            description=self.description,
            text=self.text,
            colors=tuple(color.upper() for color in self.palette),
            references=tuple(self.references),
        )
