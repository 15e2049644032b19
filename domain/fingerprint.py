"""The name of a piece of work: equal fingerprints get equal pictures."""

import hashlib
from collections.abc import Iterator
from dataclasses import fields

from domain.images import Image
from domain.requests import PictureRequest

VERSION = "1"
SILENT = frozenset({"partial_images", "output_compression"})
"""Fields that change no picture by themselves: how the wait is shown, and the number that
`PictureRequest.compression` already stands for."""


def fingerprint(request: PictureRequest, *, provider: str, endpoint: str, owner: str) -> str:
    """SHA-256 over everything that changes the result, 64 hex digits.

    Covers every field of the effective request, today's and tomorrow's, but those that are
    SILENT; pictures by their digests. Each part is written with its length before it, so no two
    different requests are written alike.
    """
    digest = hashlib.sha256()
    for part in _parts(request, provider, endpoint, owner):
        text = part.encode()
        digest.update(b"%d:%b" % (len(text), text))
    return digest.hexdigest()


def _parts(request: PictureRequest, provider: str, endpoint: str, owner: str) -> Iterator[str]:
    yield from (VERSION, provider, endpoint, owner, type(request).__name__)
    yield f"compression={request.compression}"
    for field in fields(request):
        if field.name not in SILENT:
            yield from (field.name, *_written(getattr(request, field.name)))


def _written(value: object) -> Iterator[str]:
    match value:
        case Image():
            yield value.digest
        case tuple():
            yield str(len(value))
            for item in value:
                yield from _written(item)
        case None:
            yield "none"
        case _:
            yield f"={value}"
