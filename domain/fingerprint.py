"""The name of a piece of work: equal fingerprints get equal pictures."""

import hashlib
from dataclasses import fields
from functools import cache

from domain.image import Image
from domain.requests import ImageRequest

VERSION = "1"
IGNORED_FIELDS = frozenset({"partial_images", "output_compression"})
"""Fields that change no picture by themselves: how the wait is shown, and the number that
`ImageRequest.compression` already stands for."""


def fingerprint(request: ImageRequest, *, provider: str, endpoint: str, owner: str) -> str:
    """SHA-256 over everything that changes the result, 64 hex digits.

    Covers every field of the effective request, today's and tomorrow's, but those that are
    SILENT; pictures by their digests. Each part is written with its length before it, so no two
    different requests are written alike.
    """
    return _digest(request, VERSION, provider, endpoint, owner)


def request_digest(request: ImageRequest) -> str:
    """SHA-256 of a request as it was asked, 64 hex digits; no setting and no model's fate in it."""
    return _digest(request)


def _digest(request: ImageRequest, *more: str) -> str:
    parts = [*more, type(request).__name__, str(request.compression)]
    for name in _fingerprint_fields(type(request)):  # type: ignore[arg-type] # classes can be hashed
        parts.append(name)
        parts.extend(_serialize(getattr(request, name)))
    written = "".join([f"{len(part)}:{part}" for part in parts])
    return hashlib.sha256(written.encode()).hexdigest()


@cache
def _fingerprint_fields(kind: type[ImageRequest]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.name not in IGNORED_FIELDS)


def _serialize(value: object) -> list[str]:
    if isinstance(value, Image):
        return [value.digest]
    if isinstance(value, tuple):
        return [str(len(value)), *(part for item in value for part in _serialize(item))]
    return ["none"] if value is None else [f"={value}"]
