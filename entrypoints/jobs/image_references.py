"""How a client refers to an image: its ID, another name of it, base64, or a data: URL."""

import asyncio
from typing import TYPE_CHECKING

from domain.errors import InvalidRequest, UnreadableImage
from domain.image import Image
from domain.untrusted_text import single_line
from entrypoints.wire.image_texts import HINT, IMAGE_ID, as_reference, decoded, is_name, why_refused

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container

MAX_KNOWN = 5
"""Images that a refusal reminds the caller of."""
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
    name: str,
    field: str,
    container: "Container",
    owner: str,
    *,
    newest: bool = True,
    trashed: bool = False,
) -> str:
    """Return the ID of the image that a name means; the ID of an image is its own name.

    `newest`: whether `last` means the newest image. `trashed`: whether images in the trash come
    before others; otherwise they come after them. Raises NotFound for the ID of an unknown job,
    and InvalidRequest or UnreadableImage for any other name that means no image, or several.
    """
    text = str(as_reference(name))
    if IMAGE_ID.match(text):
        return text
    try:
        found = await container.find_image()(text, owner=owner, newest=newest, trashed=trashed)
    except InvalidRequest as error:
        raise UnreadableImage(f"{field}: {error.message}", field=field, hint=error.hint) from error
    if found is None:
        raise _refusal(text, field, await _known_images(container, owner, trashed=trashed))
    return found


async def _known_images(container: "Container", owner: str, *, trashed: bool) -> str:
    """The images that the caller may have meant, as a sentence; empty if there are none."""
    if trashed:
        entries = await container.list_trash()(owner=owner)
        known = [(each.image.id, each.prompt) for each in entries[:MAX_KNOWN]]
    else:
        latest = await container.find_image().latest(owner=owner, limit=MAX_KNOWN)
        known = [(each.id, each.prompt) for each in latest]
    named = [f"{id_} ({single_line(prompt, MAX_PROMPT_SHOWN)})" for id_, prompt in known]
    start = "In the trash" if trashed else "The latest images"
    return f" {start}: {', '.join(named)}." if named else ""


def _refusal(text: str, field: str, known: str) -> InvalidRequest:
    """The error for a name of no image. Arguments that name one by an ID take no image data."""
    if field == "id":
        hint = f"Use an ID from an earlier result.{known}"
        return InvalidRequest(f"{text[:60]!r} is not the ID of an image.", field=field, hint=hint)
    return UnreadableImage(why_refused(text, field), field=field, hint=HINT + known)
