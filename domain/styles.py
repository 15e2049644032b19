"""Styles: a text, a palette and reference images that a series of requests shares."""

import re
from dataclasses import dataclass, fields, replace
from typing import Any

from domain.counts import count
from domain.definitions import Definitions
from domain.errors import InvalidRequest
from domain.image import Image
from domain.requests import (
    MAX_INPUT_IMAGES,
    MAX_PROMPT_CHARACTERS,
    EditRequest,
    ImageRequest,
)

MAX_STYLE_CHARACTERS = 4_000
MAX_COLORS = 16
MAX_REFERENCES = 8
"""Reference images of a style; the caller's own input images get the other places of an edit."""
STORED_IMAGE = re.compile(r"img_[0-9a-f]{8,32}")
"""The ID of a stored image, or its beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What the images of a series have in common.

    `colors` are written as #RRGGBB. `references` are names of reference images: the IDs of stored
    images, or the names by which the style's library has them.
    """

    name: str
    description: str = ""
    text: str = ""
    colors: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """What a caller reads about a request that has this style."""
        parts = [
            "its text" if self.text else "",
            count(len(self.colors), "color") if self.colors else "",
            count(len(self.references), "reference image") if self.references else "",
        ]
        return f"The style {self.name} was added: {', '.join(filter(None, parts))}."

    def apply(self, request: ImageRequest, references: tuple[Image, ...]) -> ImageRequest:
        """The request as it is sent: with the style in its prompt, and with these images.

        With references it is an edit, because only edits send images. They come last, so that a
        mask still belongs to the first image of the caller. Raises InvalidRequest if the prompt
        becomes too long, or if there are too many images.
        """
        prompt = self._prompt(request.prompt, len(references))
        own = request.images if isinstance(request, EditRequest) else ()
        self._check(prompt, len(own) + len(references))
        plain = replace(request, prompt=prompt, style=None)
        if not references:
            return plain
        if isinstance(plain, EditRequest):
            return replace(plain, images=(*own, *references))
        return EditRequest(images=references, **_shared(plain))

    def _check(self, prompt: str, images: int) -> None:
        if len(prompt) > MAX_PROMPT_CHARACTERS:
            raise InvalidRequest(
                f"With the style {self.name}, the prompt has {len(prompt):,} characters; "
                f"the maximum is {MAX_PROMPT_CHARACTERS:,}.",
                field="prompt",
                hint="Shorten the prompt.",
            )
        if images > MAX_INPUT_IMAGES:
            raise InvalidRequest(
                f"With the reference images of the style {self.name}, the request has {images} "
                f"images; the maximum is {MAX_INPUT_IMAGES}.",
                field="images",
                hint="Send fewer images, or leave the style out.",
            )

    def _prompt(self, prompt: str, references: int) -> str:
        lines = [prompt, ""]
        if self.text:
            lines.append(f"Style: {self.text}")
        if self.colors:
            lines.append(f"Palette: mainly these colors: {', '.join(self.colors)}.")
        if references:
            which = f"The last {references} input images show"
            lines.append(
                f"{'The last input image shows' if references == 1 else which} the style only: "
                "match its medium, line, light and color, and take over no subject, text or "
                "composition from it."
            )
        return "\n".join(lines)


def find_style(styles: Definitions[Style], name: str) -> Style:
    """The style of this name, in whatever case; raise InvalidRequest with what to do instead."""
    own = name.strip().lower()
    try:
        return styles.get(own)
    except InvalidRequest as error:
        if own not in styles.faults and "Did you mean" not in error.hint:
            # Older models had styles of their own, such as "vivid" and "natural".
            error.hint = f"Describe the style in the prompt. {error.hint}"
        raise


def _shared(request: ImageRequest) -> dict[str, Any]:
    """The fields that requests of every kind have."""
    return {field.name: getattr(request, field.name) for field in fields(ImageRequest)}
