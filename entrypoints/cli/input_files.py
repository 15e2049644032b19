"""What commands read: the prompt, and images from files, IDs and standard input."""

import sys
from collections.abc import Sequence
from pathlib import Path

from application.use_cases.find_image import NEWEST
from domain.errors import InvalidRequest, UnreadableImage
from domain.image import Image
from domain.jobs import LOCAL
from domain.requests import MAX_INPUT_BYTES, MAX_PROMPT_CHARACTERS
from entrypoints.bootstrap.container import Container
from entrypoints.jobs.image_references import find_image_id

STANDARD_INPUT = "-"
MAX_PROMPT_BYTES = 4 * MAX_PROMPT_CHARACTERS + 1
"""One more than the longest prompt can have in UTF-8."""
NAMES = "Use a file, last, an img_… ID as images list shows it, or - for standard input."
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""Shells of Windows put them in front of what they pipe."""


def check_one_reader(prompt: str, references: Sequence[str | None]) -> None:
    """Raise InvalidRequest if more than one argument wants to read standard input."""
    readers = [prompt, *references].count(STANDARD_INPUT)
    if readers > 1:
        raise InvalidRequest(
            "Standard input can be read only once, as the prompt or as one image.",
            field="images",
            hint="Use - once, and a file for the others.",
        )


def read_prompt(given: str) -> str:
    """The prompt, from standard input for `-`; raise InvalidRequest if it is not text."""
    if given != STANDARD_INPUT:
        return given
    if sys.stdin.isatty():
        print("Type the prompt, then Ctrl-D.", file=sys.stderr)
    data = sys.stdin.buffer.read(MAX_PROMPT_BYTES)
    encoding = next((BYTE_ORDER_MARKS[m] for m in BYTE_ORDER_MARKS if data.startswith(m)), "utf-8")
    try:
        return data.decode(encoding).strip()
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            "prompt on standard input is not UTF-8 text.",
            field="prompt",
            hint="Pipe text; an image on standard input is -i -.",
        ) from error


async def open_image(name: str, field: str, container: Container) -> Image:
    """Return the image in a file, on standard input (`-`), or stored under this name.

    A stored image is named by `last`, by an `img_…` ID or the beginning of one, by the ID of its
    job, or by a path that the server printed; a file of the same name comes first. Raises
    InvalidRequest, UnreadableImage or NotFound.
    """
    if name == STANDARD_INPUT:
        return Image(_standard_input(field))
    image_id = None if _exists(name) else await _stored_id(name, field, container)
    if image_id is None:
        return Image(_file_bytes(name, field))
    return await container.view_image().original(image_id)


async def _stored_id(name: str, field: str, container: Container) -> str | None:
    """The ID of the stored image with this name; None for a name that only a file can have."""
    lower = name.strip().lower()
    if lower in NEWEST or lower.startswith(("img_", "job_")):
        try:
            return await find_image_id(name, field, container, LOCAL)
        except UnreadableImage as error:
            raise UnreadableImage(error.message, field=field, hint=NAMES) from error
    return await container.find_image()(name, newest=False)


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except ValueError:  # a NUL in the name
        return False


def _file_bytes(name: str, field: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise InvalidRequest(
            f"{name} cannot be read: {reason}.", field=field, hint="Check the path."
        ) from error


def _standard_input(field: str) -> bytes:
    if sys.stdin.isatty():
        raise InvalidRequest(
            f"{field} is standard input, which is a terminal.",
            field=field,
            hint="Pipe an image, for example with < fox.png, or name a file.",
        )
    data = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
    if not data:
        raise UnreadableImage(
            f"{field}: standard input is empty.", field=field, hint="Pipe an image."
        )
    return data
