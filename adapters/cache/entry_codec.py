"""How an entry is written in a file: a digest, a header, the pictures one after another.

    32 bytes   SHA-256 of the key and of all that follows
     4 bytes   length of the header, big-endian
               the header, JSON: version, key, lengths of the pictures, facts
               the pictures' bytes

What is read back is what was written under this very key, or Damaged is raised. The digest finds
accidents; it does not prove who wrote the file: the folder's permissions are for that.
"""

import os
from hashlib import sha256
from math import isfinite
from typing import BinaryIO

import msgspec

from application.ports.image_cache import CacheEntry, Fact
from domain.image import Image

VERSION = 1
DIGEST, LENGTH = 32, 4


class CorruptEntry(ValueError):
    """A file is not what was written under its key."""


class _Header(msgspec.Struct, frozen=True):
    version: int
    key: str
    lengths: list[int]
    facts: dict[str, Fact]


_header_of = msgspec.json.Decoder(_Header)


def encode(key: str, entry: CacheEntry) -> bytes:
    """The bytes to write; raise TypeError or ValueError where JSON cannot hold the facts."""
    if not all(isfinite(fact) for fact in entry.facts.values() if isinstance(fact, float)):
        raise ValueError("a fact is a number that JSON does not have")
    pictures = [image.data for image in entry.images]
    header = msgspec.json.encode(
        _Header(VERSION, key, [len(data) for data in pictures], dict(entry.facts))
    )
    parts = [len(header).to_bytes(LENGTH, "big"), header, *pictures]
    return b"".join([_digest(key, parts), *parts])


def decode(key: str, file: BinaryIO) -> CacheEntry:
    """The entry that was written under `key`; raise Damaged, or OSError if it cannot be read.

    No more memory is used than the file is long, and the pictures are not copied.
    """
    digest, length = file.read(DIGEST), file.read(LENGTH)
    left = os.fstat(file.fileno()).st_size - DIGEST - LENGTH
    start = file.read(min(int.from_bytes(length, "big"), max(left, 0)))
    header = _read_header(key, start)
    if min(header.lengths, default=0) < 0 or sum(header.lengths) != left - len(start):
        raise CorruptEntry("a file was cut or has grown")
    pictures = [file.read(size) for size in header.lengths]
    if _digest(key, [length, start, *pictures]) != digest:
        raise CorruptEntry("a file's bytes changed")
    return CacheEntry(images=tuple(Image(data) for data in pictures), facts=header.facts)


def _read_header(key: str, data: bytes) -> _Header:
    try:
        header = _header_of.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CorruptEntry("a file's header cannot be read") from error
    if header.version != VERSION or header.key != key:
        raise CorruptEntry("a file is of another version or key")
    return header


def _digest(key: str, parts: list[bytes]) -> bytes:
    digest = sha256(key.encode())
    for part in parts:
        digest.update(part)
    return digest.digest()
