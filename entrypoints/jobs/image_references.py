"""How a client refers to an image: by a name, or with its bytes as base64 or as a data: URL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from domain.errors import ArchiveUnavailable, InvalidRequest, NotFound, UnreadableImage
from domain.image import Image
from domain.untrusted_text import single_line
from domain.uploads import MASK_ID
from entrypoints.wire.image_texts import (
    ENCODED,
    STORED,
    advice,
    as_reference,
    decoded,
    is_name,
    why_refused,
)

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container

LATEST, TRASHED = "The latest images", "In the trash"
MASK = "mask"
"""The argument for a mask, and the noun of its error."""
NO_IMAGE = "Send it as mask, and the image that it was saved for in images."
MAX_KNOWN = 3
"""Images that a refusal reminds the caller of."""
MAX_PROMPT_SHOWN = 40
"""Characters of a prompt that reminds the caller of an image."""


async def open_reference(reference: str, field: str, container: "Container", owner: str) -> Image:
    """Return the image that a reference means.

    Raises UnreadableImage if it means none, and NotFound for an unknown ID. Does not check that the
    bytes are an image.
    """
    text = str(as_reference(reference))
    if is_name(text):
        return await open_named(text, field, container, owner)
    return Image(await asyncio.to_thread(decoded, text, field))


async def open_named(
    name: str,
    field: str,
    container: "Container",
    owner: str,
    *,
    others: Sequence[str] = ENCODED,
) -> Image:
    """Return the image with this name: a stored one, or one that a source of this caller has.

    Raises UnreadableImage with what this caller can use instead, of which `others` are what is no
    name, and NotFound for an unknown ID. The ID of a mask is a name of `mask` only.
    """
    if field != MASK and MASK_ID.fullmatch(name):
        raise UnreadableImage(f"{field}: {name} is a mask, no image.", field=field, hint=NO_IMAGE)
    resolve = container.resolve_reference()
    try:
        image = await resolve(name, owner=owner)
    except InvalidRequest as error:
        known = await known_images(container, owner)
        raise UnreadableImage(
            f"{field}: {error.message}", field=field, hint=f"{error.hint}{known}"
        ) from error
    except NotFound as error:
        if error.noun != MASK:
            error.hint += await known_images(container, owner)
        raise
    if image is None:
        known = await known_images(container, owner)
        forms = (*STORED, *resolve.offers, *others)
        why = why_refused(name, field, files=bool(resolve.first))
        raise UnreadableImage(why, field=field, hint=advice(forms) + known)
    return image


@asynccontextmanager
async def naming_images(
    container: "Container", owner: str, *, trashed: bool = False, jobs: bool = False
) -> AsyncIterator[None]:
    """Add the images that the caller may have meant to the error for an unknown ID of an image.

    `jobs`: also to that of a job. An error that has them already is left as it is.
    """
    try:
        yield
    except NotFound as error:
        is_named = error.noun == "image" or (jobs and error.noun == "job")
        if is_named and LATEST not in error.hint and TRASHED not in error.hint:
            error.hint += await known_images(container, owner, trashed=trashed)
        raise


@asynccontextmanager
async def naming_mask_image(
    container: "Container", owner: str, mask: str | None, images: Sequence[Image]
) -> AsyncIterator[None]:
    """Add the image that a mask was saved for to the error for a mask that does not fit.

    `mask` is how the caller named the mask, and `images` are those that it was sent with.
    """
    try:
        yield
    except InvalidRequest as error:
        if error.field == MASK and mask and MASK_ID.fullmatch(name := str(as_reference(mask))):
            saved_for = (await container.get_mask()(name, owner=owner)).mask_of
            if saved_for not in [image.id for image in images[:1]]:
                error.hint += f" {name} was saved for {saved_for}."
        raise


async def find_image_id(
    name: str,
    container: "Container",
    owner: str,
    *,
    newest: bool = True,
    trashed: bool = False,
) -> str:
    """Return the ID of the stored image that a name means; a whole ID is its own name.

    `newest`: whether `last` means the newest image. `trashed`: whether images in the trash come
    before others; otherwise they come after them. Raises NotFound for the ID of an unknown job,
    and InvalidRequest for any other name that means no image, or several.
    """
    text = str(as_reference(name))
    try:
        found = await container.find_image()(text, owner=owner, newest=newest, trashed=trashed)
    except InvalidRequest as error:
        known = await known_images(container, owner, trashed=trashed)
        hint = f"{error.hint}{known}"
        raise UnreadableImage(f"id: {error.message}", field="id", hint=hint) from error
    except NotFound as error:
        if error.noun != MASK:
            error.hint += await known_images(container, owner, trashed=trashed)
        raise
    if found is None:
        hint = "Use an ID from an earlier result."
        known = await known_images(container, owner, trashed=trashed)
        raise InvalidRequest(
            f"{text[:60]!r} is not the ID of an image.", field="id", hint=hint + known
        )
    return found


async def known_images(container: "Container", owner: str, *, trashed: bool = False) -> str:
    """The images that the caller may have meant, as a sentence; empty if none are known."""
    known: Sequence[tuple[str, str]] = ()
    with suppress(ArchiveUnavailable):
        if trashed:
            entries = await container.list_trash()(owner=owner)
            known = [(each.image.id, each.prompt) for each in entries[:MAX_KNOWN]]
        else:
            latest = await container.find_image().latest(owner=owner, limit=MAX_KNOWN)
            known = [(each.id, each.prompt) for each in latest]
    named = [f"{id_} ({single_line(prompt, MAX_PROMPT_SHOWN)})" for id_, prompt in known]
    return f" {TRASHED if trashed else LATEST}: {', '.join(named)}." if named else ""
