"""A cache entry as bytes: a digest, a header, and the images one after another.

    32 bytes   SHA-256 of the key and of all that follows
     4 bytes   length of the header, big-endian
               the header, JSON: version, key, lengths of the images, facts, created_at
               the bytes of the images

Decoding returns exactly what was encoded under the same key, or raises CorruptEntry. The digest
detects accidents, not forgery: the storage needs access control of its own.
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
"""`created_at` of entries that were encoded before the header contained it."""


class CorruptEntry(ValueError):
    """The bytes are not an entry that was encoded under this key."""


class _Header(msgspec.Struct, frozen=True):
    version: int
    key: str
    lengths: list[int]
    facts: dict[str, Fact]
    created_at: Annotated[datetime, msgspec.Meta(tz=True)] = UNKNOWN


_header_decoder = msgspec.json.Decoder(_Header)


def encode(key: str, entry: CacheEntry) -> bytes:
    """Return the entry as bytes; raise TypeError or ValueError if JSON cannot hold the facts."""
    if not all(isfinite(fact) for fact in entry.facts.values() if isinstance(fact, float)):
        raise ValueError("a fact is a number that JSON cannot hold")
    images = [image.data for image in entry.images]
    lengths = [len(data) for data in images]
    header = msgspec.json.encode(
        _Header(VERSION, key, lengths, dict(entry.facts), entry.created_at)
    )
    parts = [len(header).to_bytes(LENGTH, "big"), header, *images]
    return b"".join([_digest(key, parts), *parts])


def decode(key: str, file: BinaryIO) -> CacheEntry:
    """Return the entry that was encoded under `key`, read from the start of a seekable file.

    Raises CorruptEntry, or OSError if the file cannot be read. Uses no more memory than the size of
    the file; the images of a file on disk are not copied.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    digest, length = file.read(DIGEST), file.read(LENGTH)
    remaining = size - DIGEST - LENGTH
    encoded = file.read(min(int.from_bytes(length, "big"), max(remaining, 0)))
    header = _read_header(key, encoded)
    if min(header.lengths, default=0) < 0 or sum(header.lengths) != remaining - len(encoded):
        raise CorruptEntry("the file has the wrong length")
    images = [file.read(size) for size in header.lengths]
    if _digest(key, [length, encoded, *images]) != digest:
        raise CorruptEntry("the bytes have changed")
    return CacheEntry(
        images=tuple(Image(data) for data in images),
        facts=header.facts,
        created_at=header.created_at,
    )


def _read_header(key: str, data: bytes) -> _Header:
    try:
        header = _header_decoder.decode(data)
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
