"""How a job was requested: enough to request it again."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from domain.requests import EditRequest, ImageRequest

OMITTED = frozenset({"prompt", "model", "images", "mask", "conversation", "context", "fallback"})
"""Fields of requests that are no options of a recipe: the record has the prompt and the model that
made the images, and the recipe the others under its own names."""
Option = str | int | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A request as the caller sent it, without what its record has: the prompt and the model.

    `prompt` is None unless it is another one than that of the record, such as without a style.
    `options` are its other fields by name, as plain values. `images` and `mask` are the IDs of its
    input images, in their order, whether or not they are stored. A request is `in_conversation` if
    what it came to depended on earlier turns.
    """

    options: Mapping[str, Option]
    prompt: str | None = None
    images: tuple[str, ...] = ()
    mask: str | None = None
    in_conversation: bool = False

    @classmethod
    def of(cls, request: ImageRequest, effective: ImageRequest) -> "Recipe":
        """The recipe of a request and of what it came to; it takes the digests of its images.

        `request` has the image that it is for, even if that came from its conversation.
        """
        names = (each.name for each in fields(request) if each.name not in OMITTED)
        edit = request if isinstance(request, EditRequest) else None
        return cls(
            options={name: _plain(getattr(request, name)) for name in names},
            prompt=None if request.prompt == effective.prompt else request.prompt,
            images=tuple(image.id for image in edit.images) if edit else (),
            mask=edit.mask.id if edit and edit.mask else None,
            in_conversation=effective.context is not None,
        )


def _plain(value: object) -> Option:
    """A value that JSON has; that of an enumeration is a text already."""
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)
