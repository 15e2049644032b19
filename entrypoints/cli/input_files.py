"""What commands read: the prompt, and images from files, IDs and standard input."""

import sys
from collections.abc import Sequence
from pathlib import Path

from application.use_cases.resolve_id import LAST, ResolveId
from application.use_cases.view_image import ViewImage
from domain.errors import InvalidRequest, UnreadableImage
from domain.image import Image
from domain.requests import MAX_INPUT_BYTES, MAX_PROMPT_CHARACTERS

STANDARD_INPUT = "-"
MAX_PROMPT_BYTES = 4 * MAX_PROMPT_CHARACTERS + 1
"""One more than the longest prompt can have in UTF-8."""
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


class ImageInputs:
    """Opens the images that a command names."""

    def __init__(self, resolve: ResolveId, view: ViewImage) -> None:
        self._resolve = resolve
        self._view = view

    async def open(self, name: str, field: str) -> Image:
        """Return the image in a file, on standard input (`-`), or stored under this name.

        A stored image is named by `last`, or by an `img_…` or `job_…` ID or the beginning of one;
        a file of the same name comes first. Raises InvalidRequest, UnreadableImage or NotFound.
        """
        if name == STANDARD_INPUT:
            return Image(_standard_input(field))
        if not _is_stored(name):
            return Image(_file_bytes(name, field))
        try:
            return await self._view.original(await self._resolve.image(name))
        except InvalidRequest as error:
            message = f"{field} is neither a file nor one stored image: {error.message}"
            raise UnreadableImage(message, field=field, hint=error.hint) from error


def _is_stored(name: str) -> bool:
    """Whether the name is that of a stored image; a file that has such a name comes first."""
    lower = name.strip().lower()
    is_name = lower == LAST or lower.startswith(("img_", "job_"))
    return is_name and not Path(name).exists()


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
