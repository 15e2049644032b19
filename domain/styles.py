"""Styles: a text, a palette and reference images that a series of requests shares."""

from dataclasses import dataclass, fields, replace
from typing import Any

from domain.counts import count
from domain.image import Image
from domain.requests import EditRequest, ImageRequest

MAX_STYLE_CHARACTERS = 4_000
MAX_COLORS = 16
MAX_REFERENCES = 8
"""Reference images of a style; the caller's own input images get the other places of an edit."""


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
        plain = replace(request, prompt=prompt, style=None)
        if not references:
            return plain
        if isinstance(plain, EditRequest):
            return replace(plain, images=(*plain.images, *references))
        return EditRequest(images=references, **_shared(plain))

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


def _shared(request: ImageRequest) -> dict[str, Any]:
    """The fields that requests of every kind have."""
    return {field.name: getattr(request, field.name) for field in fields(ImageRequest)}
