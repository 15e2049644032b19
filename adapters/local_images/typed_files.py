"""Files that a person types on the command line, anywhere on the machine."""

import asyncio
import os
from pathlib import Path

from adapters.local_images.local_paths import MAX_LENGTH, local_path
from adapters.local_images.refusal import Refused
from domain.errors import UnreadableImage
from domain.image import Image
from domain.requests import MAX_INPUT_BYTES
from domain.untrusted_text import single_line

MAX_SHOWN = 200
"""Characters of a path in an error."""


class TypedFiles:
    """Opens what the person's own shell could open, also a pipe such as <(command).

    A name without a dot, and not from the root or the home folder, is a file only if there is one.
    """

    offer = "a file"

    async def open(self, name: str, /) -> Image | None:
        if not name or len(name) > MAX_LENGTH:
            return None
        try:
            return Image(await asyncio.to_thread(_read, name))
        except (OSError, ValueError, Refused) as error:  # ValueError: a NUL in the name
            is_absent = isinstance(error, FileNotFoundError | ValueError) or "://" in name
            if is_absent and not _is_path(name):
                return None
            reason = getattr(error, "strerror", None) or str(error).rstrip(".")
            raise UnreadableImage(
                f"{single_line(name, MAX_SHOWN)} cannot be read: {reason}.",
                field="images",
                hint="Check the path.",
            ) from error


def _is_path(name: str) -> bool:
    if "://" in name:
        return name[:5].lower() == "file:"
    return "." in name or name.startswith(("/", "~", os.sep))


def _read(name: str) -> bytes:
    path = name
    if name.startswith(("~", "file:")) and not Path(name).exists():
        home, windows = str(Path.home()), os.name == "nt"
        path = local_path(name, home=home, folder=None, windows=windows) or name
    with Path(path).open("rb") as file:
        data = file.read(MAX_INPUT_BYTES + 1)
        size = max(os.fstat(file.fileno()).st_size, len(data))
    if size > MAX_INPUT_BYTES:
        raise UnreadableImage(
            f"{single_line(name, MAX_SHOWN)} has {size:,} bytes; it must be under "
            f"{MAX_INPUT_BYTES:,}.",
            field="images",
            hint="Send a smaller file: scale the image down, or compress it.",
        )
    return data
