"""A disk cache's folder that another process or another version uses, too."""

import json
import subprocess
import sys
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import msgspec
import pytest

from adapters.cache.disk import DiskCache
from adapters.cache.entry_codec import decode, encode
from application.ports.image_cache import CacheEntry
from domain.image import Image
from tests.architecture.checkout import ROOT
from tests.contracts.disk_folder import files, sql
from tests.testkit.contracts.bounded_cache import BOUND, TTL, Clock
from tests.testkit.contracts.image_cache import key


def encode_as_version_2_0_0a1(name: str, images: list[bytes], **facts: str) -> bytes:
    """The file of an entry from before the header had a creation time."""
    header = json.dumps(
        {"version": 1, "key": name, "lengths": [len(data) for data in images], "facts": facts}
    ).encode()
    rest = len(header).to_bytes(4, "big") + header + b"".join(images)
    return sha256(name.encode() + rest).digest() + rest


@pytest.mark.anyio
async def test_entries_of_an_earlier_version_are_hits(tmp_path: Path) -> None:
    clock = Clock()
    cache = DiskCache(tmp_path / "cache", BOUND, TTL, clock)
    written = clock.entry(10)
    await cache.put(key("a"), written)
    old = encode_as_version_2_0_0a1(key("a"), [b"one", b"", b"three"], model="m")
    files(tmp_path)[0].write_bytes(old)
    sql(tmp_path, "UPDATE Cache SET size = ?", len(old))
    hit = await cache.get(key("a"))
    assert hit is not None
    assert hit.entry == CacheEntry(
        images=(Image(b"one"), Image(b""), Image(b"three")),
        facts={"model": "m"},
        created_at=written.created_at,
    )
    await cache.close()


def test_an_earlier_version_can_read_new_entries() -> None:
    """Its decoder of the header has four fields and ignores others."""

    class Header(msgspec.Struct):
        version: int
        key: str
        lengths: list[int]
        facts: dict[str, str]

    blob = encode(key("a"), Clock().entry(10, model="m"))
    length = int.from_bytes(blob[32:36], "big")
    header = msgspec.json.decode(blob[36 : 36 + length], type=Header)
    assert header == Header(1, key("a"), [10], {"model": "m"})
    assert sha256(key("a").encode() + blob[32:]).digest() == blob[:32]


def test_an_encoded_entry_is_self_contained() -> None:
    """Other stores can hold the same bytes, which include the creation time."""
    entry = Clock().entry(10, model="m")
    assert decode(key("a"), BytesIO(encode(key("a"), entry))) == entry


def test_two_processes_share_a_folder_without_an_error_or_a_wrong_byte(tmp_path: Path) -> None:
    """A total of 5,000 operations of all kinds; the workers compare every byte."""
    worker = [sys.executable, "-W", "error", "-m", "tests.contracts.cache_worker"]
    workers = [
        subprocess.Popen([*worker, str(tmp_path / "cache"), "2500", str(seed)], cwd=ROOT)
        for seed in range(2)
    ]
    assert [worker.wait() for worker in workers] == [0, 0]
    names = {name for (name,) in sql(tmp_path, "SELECT filename FROM Cache")}
    entries = tmp_path / "cache" / "entries"
    assert {str(file.relative_to(entries)) for file in files(tmp_path)} == names
