"""A thousand uploads, a tenth of them hostile or cut: no file is left that no record knows."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from tests.e2e.loopback_server import wait_until
from tests.e2e.raw_connections import connect
from tests.e2e.upload_shop import Shop, opened
from tests.hostile.conftest import share_of
from tests.hostile.image_mutations import mutation
from tests.testkit.fakes import small_image

pytestmark = pytest.mark.anyio
FAST, ALL = 100, 1_000
"""Uploads in `make test` and in `make hostile`."""
AT_ONCE = 8
ODD_SHARE = 10
"""One upload in so many is hostile or cut."""
BOUNDARY = "limit-of-the-form"
EXPECTED = {201, 400, 413, 415}


def body_of(random: Random, number: int) -> bytes:
    """The bytes of an image; a few are of the same image."""
    color = f"#{random.randrange(1 << 24) if number % 7 else 0x336699:06x}"
    form = random.choice(["PNG", "JPEG", "WEBP"])
    return small_image(color, (random.randrange(1, 80), 48), form).data


def form_of(*images: bytes) -> bytes:
    """A form with these files."""
    head = 'Content-Disposition: form-data; name="image"; filename="../a b\u0000.png"'
    parts = [f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + data + b"\r\n" for data in images]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


async def cut(shop: Shop, random: Random, data: bytes) -> str:
    """Send a part of an upload, and hang up or wait for a while."""
    whole = data if random.random() < 0.5 else form_of(data, data)
    kind = "image/png" if whole is data else f"multipart/form-data; boundary={BOUNDARY}"
    head = f"POST /uploads HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
    announced = f"Content-Length: {len(whole) + random.choice([0, 1, 5_000_000])}\r\n\r\n"
    async with connect(int(shop.url.rpartition(":")[2])) as client:
        await client.send((head + announced).encode() + whole[: random.randrange(len(whole))])
        await asyncio.sleep(random.choice([0, 0.01]))
    return "cut"


async def odd(shop: Shop, random: Random, data: bytes) -> str:
    """Send a hostile upload."""
    kind = random.choice(["cut", "mutated", "half", "form", "mixed", "wrong type", "large"])
    if kind == "cut":
        return await cut(shop, random, data)
    form = f"multipart/form-data; boundary={BOUNDARY}"
    bodies = {
        "mutated": (mutation(random.randrange(5_000))[1], "image/png"),
        "half": (data[: len(data) // 2], "image/jpeg"),
        "form": (form_of(data)[: random.randrange(40, 200)], form),
        "mixed": (form_of(data, b"<html>", data), form),
        "wrong type": (data, "text/html"),
        "large": (bytes(50_000_001), "image/png"),
    }
    return str((await shop.upload(*bodies[kind])).status_code)


async def upload(shop: Shop, number: int) -> str:
    """Send the upload of this number; return what became of it."""
    random = Random(number)  # noqa: S311 - repeatable
    data = body_of(random, number)
    if number % ODD_SHARE == 0:
        return f"odd {await odd(shop, random, data)}"
    if number % 3 == 0:
        form = f"multipart/form-data; boundary={BOUNDARY}"
        reply = await shop.upload(form_of(data, body_of(random, number)), form)
    else:
        reply = await shop.upload(data)
    assert reply.status_code == 201, reply.text
    return "stored"


async def upload_all(shop: Shop, total: int, counts: Counter[str]) -> None:
    """Send so many uploads, AT_ONCE of them together."""
    numbers = iter(range(total))

    async def send_some() -> None:
        for number in numbers:
            counts[await upload(shop, number)] += 1

    await asyncio.gather(*(send_some() for _ in range(AT_ONCE)))


def unknown_files(folder: Path) -> list[str]:
    """Files of images whose ID no record has, and files that are no images and not the server's."""
    with closing(sqlite3.connect(folder / "data" / "records.sqlite3")) as database:
        known = {row[0] for row in database.execute("SELECT picture_id FROM pictures")}
    found = [path for path in (folder / "images").rglob("*") if path.is_file()]
    left = [path for path in (folder / "data").rglob("*") if path.name.startswith(".upload-")]
    lost = [
        path for path in found if f"img_{sha256(path.read_bytes()).hexdigest()[:32]}" not in known
    ]
    return [path.name for path in (*lost, *left)]


def records_without_file(folder: Path) -> list[str]:
    """Recorded images whose file is gone, or that were never stored."""
    with closing(sqlite3.connect(folder / "data" / "records.sqlite3")) as database:
        rows = database.execute("SELECT picture_id, place FROM pictures").fetchall()
    return [image_id for image_id, place in rows if not place or not Path(place).is_file()]


def open_files() -> list[str]:
    """The incoming files that this process has open."""
    found = [path for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return [str(path.readlink()) for path in found if "(deleted)" in str(path.readlink())]


async def check(folder: Path, total: int, counts: Counter[str]) -> None:
    async with opened(folder) as shop:
        before = len(open_files())
        await upload_all(shop, total, counts)
        await wait_until(lambda: len(open_files()) <= before)
        assert unknown_files(folder) == []
        assert records_without_file(folder) == []
        counts["files"] = sum(path.is_file() for path in (folder / "images").rglob("*"))
    odd_ones = sum(number for name, number in counts.items() if name.startswith("odd"))
    assert odd_ones == len(range(0, total, ODD_SHARE))
    assert counts["stored"] == total - odd_ones
    statuses = {name.removeprefix("odd ") for name in counts if name.startswith("odd")}
    assert statuses <= {"cut", *map(str, EXPECTED)}


async def test_uploads_leave_no_file_that_no_record_knows(
    tmp_path: Path, counts: Counter[str]
) -> None:
    await check(tmp_path, FAST, counts)


@pytest.mark.hostile
@pytest.mark.timeout(3600)
async def test_a_thousand_uploads_leave_no_file_that_no_record_knows(
    tmp_path: Path, counts: Counter[str]
) -> None:
    await check(tmp_path, share_of(ALL), counts)
