"""Fingerprints: requests with equal fingerprints share one result."""

import hashlib
from dataclasses import fields
from functools import cache

from domain.conversations import ContextTurn, ConversationContext, ConversationOptions
from domain.image import Image
from domain.requests import ImageRequest

VERSION = "1"
IGNORED_FIELDS = frozenset({"partial_images", "output_compression"})
"""Fields that do not change the image: `partial_images` only shows progress, and
`ImageRequest.compression` already covers `output_compression`."""
OF_THE_CALLER = frozenset({"conversation", "deliver", "fallback"})
"""Fields that change no image but tell one caller's request from another: `context` has all that a
provider gets of a conversation."""
LATER_FIELDS = frozenset(
    {"conversation", "context", "deliver", "fallback", "size_in_words", "style"}
)
"""Fields that earlier versions did not have: None, they leave the digest as it was."""


def fingerprint(request: ImageRequest, *, provider: str, endpoint: str, owner: str) -> str:
    """SHA-256 over everything that changes the result, 64 hex digits.

    Covers every field of the effective request except IGNORED_FIELDS and OF_THE_CALLER, including
    fields that are added later; images by their digests. Each part is prefixed with its length, so
    no two different requests serialize to the same text.
    """
    return _digest(request, VERSION, provider, endpoint, owner, leaving_out=OF_THE_CALLER)


def request_digest(request: ImageRequest) -> str:
    """SHA-256 of a request as the caller sent it, 64 hex digits.

    Independent of settings and of model retirements.
    """
    return _digest(request)


def _digest(request: ImageRequest, *more: str, leaving_out: frozenset[str] = frozenset()) -> str:
    parts = [*more, type(request).__name__, str(request.compression)]
    for name in _fingerprint_fields(type(request)):  # type: ignore[arg-type] # classes can be hashed
        value = getattr(request, name)
        if name in leaving_out or (value is None and name in LATER_FIELDS):
            continue
        parts.append(name)
        parts.extend(_serialize(value))
    text = "".join([f"{len(part)}:{part}" for part in parts])
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _fingerprint_fields(kind: type[ImageRequest]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.name not in IGNORED_FIELDS)


def _serialize(value: object) -> list[str]:
    if isinstance(value, Image):
        return [value.digest]
    if isinstance(value, ConversationOptions):
        return [str(value.id), str(value.context_turns)]
    if isinstance(value, ConversationContext):
        return _serialize((value.continuation, value.provider, *value.turns))
    if isinstance(value, ContextTurn):
        return [value.prompt, *_serialize(value.image_ids)]
    if isinstance(value, tuple):
        return [str(len(value)), *(part for item in value for part in _serialize(item))]
    return ["none"] if value is None else [f"={value}"]
