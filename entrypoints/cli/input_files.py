"""What commands read: the prompt, and images from files, IDs and standard input."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence

from domain.errors import InvalidRequest, UnreadableImage
from domain.image import Image
from domain.jobs import LOCAL
from domain.requests import MAX_INPUT_BYTES, MAX_PROMPT_CHARACTERS
from entrypoints.bootstrap.container import Container
from entrypoints.jobs.image_references import open_named
from entrypoints.wire.image_texts import decoded, is_name

STANDARD_INPUT = "-"
MAX_PROMPT_BYTES = 4 * MAX_PROMPT_CHARACTERS + 1
"""One more than the longest prompt can have in UTF-8."""
OTHERS = ("- for standard input",)
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""Shells of Windows put them in front of what they pipe."""


def with_context(options: Mapping[str, object]) -> dict[str, object]:
    """The options; a number of earlier turns means that they are wanted."""
    return {**options, "useContext": options.get("maxContextEntries") is not None}


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
    """Return the image in a file, on standard input (`-`), as base64, or stored by this name.

    A file comes before a stored image of the same name, and before base64. Raises UnreadableImage
    or NotFound.
    """
    if name == STANDARD_INPUT:
        return Image(_standard_input(field))
    if not is_name(name) and not await asyncio.to_thread(os.path.exists, name):
        return Image(decoded(name, field))
    try:
        return await open_named(name, field, container, LOCAL, others=OTHERS)
    except UnreadableImage as error:  # which has the name
        error.message = error.message.removeprefix(f"{field}: ")
        raise


async def read_file(name: str, container: Container) -> Image:
    """Return the image in a file or on standard input (`-`); raise UnreadableImage."""
    if name == STANDARD_INPUT:
        return Image(_standard_input("image"))
    for source in container.nearby_images():
        image = await source.open(name)
        if image is not None:
            return image
    raise UnreadableImage(
        f"There is no image file {name[:200]!r}.", field="file", hint="Check the path."
    )


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
