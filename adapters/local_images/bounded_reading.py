"""Reads an opened file, up to the size of the largest input image."""

import os

from adapters.local_images.refusal import Refused
from domain.requests import MAX_INPUT_BYTES

CHUNK = 1_048_576
TOO_LARGE = f"It has more than {MAX_INPUT_BYTES:,} bytes, the limit for one image."


def read_image(descriptor: int) -> bytes:
    """Return the bytes of a regular file; raise Refused if it is empty or too large, or OSError."""
    size = os.fstat(descriptor).st_size
    if size == 0:
        raise Refused("It is empty.")
    if size > MAX_INPUT_BYTES:
        raise Refused(TOO_LARGE)
    chunks, read = [], 0
    while chunk := os.read(descriptor, CHUNK):
        chunks.append(chunk)
        read += len(chunk)
        if read > MAX_INPUT_BYTES:
            raise Refused(TOO_LARGE)
    return b"".join(chunks)
