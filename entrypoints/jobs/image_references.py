"""How a client refers to an image: the ID of a stored image, base64, or a data: URL."""

import asyncio
import re
from base64 import b64decode
from contextlib import suppress

import pybase64

from application.use_cases.view_image import ViewImage
from domain.errors import UnreadableImage
from domain.image import Image

IMAGE_ID = re.compile(r"^img_[0-9a-f]{32}$")
DATA_URL = re.compile(r"^data:[^,]{0,200};base64,", re.IGNORECASE)
HINT = "Use an img_… ID from an earlier result, the file's base64, or a data: URL."


async def open_reference(reference: str, field: str, view: ViewImage, owner: str) -> Image:
    """Return the image that a reference names.

    Raises UnreadableImage if it cannot be decoded, and NotFound for an unknown ID. Does not check
    that the bytes are an image.
    """
    reference = reference.strip()
    if reference.startswith("img_"):
        if not IMAGE_ID.match(reference):
            raise UnreadableImage(
                f"{field}: {reference[:60]!r} is not a complete image ID.", field=field, hint=HINT
            )
        return await view.original(reference, owner=owner)
    return Image(await asyncio.to_thread(_decode, reference, field))


def _decode(text: str, field: str) -> bytes:
    if text[:5].lower() == "data:":
        head = DATA_URL.match(text)
        if head is None:
            raise UnreadableImage(
                f"{field} is a data: URL that is not base64.", field=field, hint=HINT
            )
        text = text[head.end() :]
    with suppress(ValueError):  # strict first: skipping whitespace is slow for large images
        return pybase64.b64decode(text, validate=True)
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise UnreadableImage(f"{field} {_why(text)}.", field=field, hint=HINT) from error


def _why(text: str) -> str:
    if len(text) < 4096 and any(mark in text for mark in "~.:\\"):  # base64 has none of these
        return "is a path or URL. For security, file paths and URLs are not accepted here"
    return "is not an image ID or valid base64"
