"""How a client refers to an image: its ID, another name of it, base64, or a data: URL."""

import asyncio
from typing import TYPE_CHECKING

from domain.errors import InvalidRequest, UnreadableImage
from domain.image import Image
from domain.untrusted_text import single_line
from entrypoints.wire.image_texts import HINT, IMAGE_ID, as_reference, decoded, is_name, why_refused

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container

MAX_PROMPT_SHOWN = 40
"""Characters of a prompt that reminds the caller of an image."""


async def open_reference(reference: str, field: str, container: "Container", owner: str) -> Image:
    """Return the image that a reference means.

    Raises UnreadableImage if it means none, and NotFound for an unknown ID. Does not check that the
    bytes are an image. Opens no file: a path or a link counts only as the name of a stored image.
    """
    text = str(as_reference(reference))
    if IMAGE_ID.match(text) or is_name(text):
        image_id = await find_image_id(text, field, container, owner)
        return await container.view_image().original(image_id, owner=owner)
    return Image(await asyncio.to_thread(decoded, text, field))


async def find_image_id(
    name: str, field: str, container: "Container", owner: str, *, newest: bool = True
) -> str:
    """Return the ID of the image that a name means; the ID of an image is its own name.

    `newest`: whether `last` means the newest image. Raises NotFound for the ID of an unknown job,
    and InvalidRequest or UnreadableImage for any other name that means no image, or several.
    """
    text = str(as_reference(name))
    if IMAGE_ID.match(text):
        return text
    find = container.find_image()
    try:
        found = await find(text, owner=owner, newest=newest)
    except InvalidRequest as error:
        raise UnreadableImage(f"{field}: {error.message}", field=field, hint=error.hint) from error
    if found is None:
        latest = [
            f"{image.id} ({single_line(image.prompt, MAX_PROMPT_SHOWN)})"
            for image in await find.latest(owner=owner)
        ]
        raise _refusal(text, field, f" The latest images: {', '.join(latest)}." if latest else "")
    return found


def _refusal(text: str, field: str, latest: str) -> InvalidRequest:
    """The error for a name of no image. Arguments that name one by an ID take no image data."""
    if field == "id":
        hint = f"Use an ID from an earlier result.{latest}"
        return InvalidRequest(f"{text[:60]!r} is not the ID of an image.", field=field, hint=hint)
    return UnreadableImage(why_refused(text, field), field=field, hint=HINT + latest)
