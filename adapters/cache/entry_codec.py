"""A cache entry as bytes: a digest, a header, the images one after another.

    32 bytes   SHA-256 of the key and of all that follows
     4 bytes   length of the header, big-endian
               the header, JSON: version, key, lengths of the images, facts, created_at
               the images' bytes

What is decoded is what was encoded under this very key, or CorruptEntry is raised. The digest
detects accidents. It does not prove where the bytes are from: a store needs its own access control.
"""

import os
from datetime import UTC, datetime
from hashlib import sha256
from math import isfinite
from typing import Annotated, BinaryIO

import msgspec

from application.ports.image_cache import CacheEntry, Fact
from domain.image import Image

VERSION = 1
DIGEST, LENGTH = 32, 4
UNKNOWN = datetime.fromtimestamp(0, UTC)
"""`created_at` of entries that were encoded before the header had it."""


class CorruptEntry(ValueError):
    """The bytes are not what was encoded under their key."""


class _Header(msgspec.Struct, frozen=True):
    version: int
    key: str
    lengths: list[int]
    facts: dict[str, Fact]
    created_at: Annotated[datetime, msgspec.Meta(tz=True)] = UNKNOWN


_header_of = msgspec.json.Decoder(_Header)


def encode(key: str, entry: CacheEntry) -> bytes:
    """Return the bytes to keep; raise TypeError or ValueError where JSON cannot hold the facts."""
    if not all(isfinite(fact) for fact in entry.facts.values() if isinstance(fact, float)):
        raise ValueError("a fact is a number that JSON does not have")
    images = [image.data for image in entry.images]
    lengths = [len(data) for data in images]
    header = msgspec.json.encode(
        _Header(VERSION, key, lengths, dict(entry.facts), entry.created_at)
    )
    parts = [len(header).to_bytes(LENGTH, "big"), header, *images]
    return b"".join([_digest(key, parts), *parts])


def decode(key: str, file: BinaryIO) -> CacheEntry:
    """Return the entry that was encoded under `key`, read from the start of a seekable file.

    Raises CorruptEntry, or OSError if the file cannot be read. Takes no more memory than the file
    is long; the images of a file on disk are not copied.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    digest, length = file.read(DIGEST), file.read(LENGTH)
    left = size - DIGEST - LENGTH
    start = file.read(min(int.from_bytes(length, "big"), max(left, 0)))
    header = _read_header(key, start)
    if min(header.lengths, default=0) < 0 or sum(header.lengths) != left - len(start):
        raise CorruptEntry("the bytes were cut or have grown")
    images = [file.read(size) for size in header.lengths]
    if _digest(key, [length, start, *images]) != digest:
        raise CorruptEntry("the bytes have changed")
    return CacheEntry(
        images=tuple(Image(data) for data in images),
        facts=header.facts,
        created_at=header.created_at,
    )


def _read_header(key: str, data: bytes) -> _Header:
    try:
        header = _header_of.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CorruptEntry("the header cannot be read") from error
    if header.version != VERSION or header.key != key:
        raise CorruptEntry("the entry has another version or key")
    return header


def _digest(key: str, parts: list[bytes]) -> bytes:
    digest = sha256(key.encode())
    for part in parts:
        digest.update(part)
    return digest.digest()
