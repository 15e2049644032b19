"""Fingerprints: requests with equal fingerprints share one result."""

import hashlib
from dataclasses import fields
from functools import cache

from domain.image import Image
from domain.requests import ImageRequest

VERSION = "1"
IGNORED_FIELDS = frozenset({"partial_images", "output_compression"})
"""Fields that do not change the image: `partial_images` only shows progress, and
`ImageRequest.compression` already covers `output_compression`."""


def fingerprint(request: ImageRequest, *, provider: str, endpoint: str, owner: str) -> str:
    """SHA-256 over everything that changes the result, 64 hex digits.

    Covers every field of the effective request except IGNORED_FIELDS, including fields that are
    added later; images by their digests. Each part is prefixed with its length, so no two
    different requests serialize to the same text.
    """
    return _digest(request, VERSION, provider, endpoint, owner)


def request_digest(request: ImageRequest) -> str:
    """SHA-256 of a request as the caller sent it, 64 hex digits.

    Independent of settings and of model retirements.
    """
    return _digest(request)


def _digest(request: ImageRequest, *more: str) -> str:
    parts = [*more, type(request).__name__, str(request.compression)]
    for name in _fingerprint_fields(type(request)):  # type: ignore[arg-type] # classes can be hashed
        parts.append(name)
        parts.extend(_serialize(getattr(request, name)))
    text = "".join([f"{len(part)}:{part}" for part in parts])
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _fingerprint_fields(kind: type[ImageRequest]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.name not in IGNORED_FIELDS)


def _serialize(value: object) -> list[str]:
    if isinstance(value, Image):
        return [value.digest]
    if isinstance(value, tuple):
        return [str(len(value)), *(part for item in value for part in _serialize(item))]
    return ["none"] if value is None else [f"={value}"]
