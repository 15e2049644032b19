"""Uploads that are refused, cut off or too many: each has its reason, and none leaves a file."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from domain.errors import ArchiveUnavailable
from domain.image_layouts import MAX_BYTES
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.http.application import HttpApplication
from entrypoints.http.security import upload_limits
from entrypoints.http.security.upload_limits import UploadLimitMiddleware
from tests.e2e.loopback_server import wait_until
from tests.e2e.raw_connections import connect, listen
from tests.e2e.upload_shop import FOX, IMAGE, Shop, opened
from tests.testkit.fakes import FakeProvider, settings_in

pytestmark = pytest.mark.anyio
FORM = b"Content-Type: multipart/form-data; boundary=limit\r\n"
PART = b'--limit\r\nContent-Disposition: form-data; name="image"; filename="fox.png"\r\n\r\n'


@pytest.fixture
async def shop(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Shop]:
    async with opened(tmp_path) as shop:
        yield shop


REFUSED: dict[str, tuple[Callable[[Shop], Any], int, str]] = {
    "a page": (lambda shop: shop.send(("a.png", b"<html>")), 400, "unreadable_image"),
    "half an image": (lambda shop: shop.send(("a.png", FOX.data[:-9])), 400, "unreadable_image"),
    "one of two": (
        lambda shop: shop.send(("a.png", FOX.data), ("b.png", b"?")),
        400,
        "unreadable_image",
    ),
    "nothing": (lambda shop: shop.upload(b""), 400, "unreadable_image"),
    "17 files": (lambda shop: shop.send(*[("a.png", FOX.data)] * 17), 400, "invalid_request"),
    "a text": (
        lambda shop: shop.client.post("/uploads", files={"image": (None, "fox.png")}),
        400,
        "invalid_request",
    ),
    "no file": (
        lambda shop: shop.upload(b"--x--\r\n", "multipart/form-data; boundary=x"),
        400,
        "invalid_request",
    ),
    "no boundary": (
        lambda shop: shop.upload(b"--x--\r\n", "multipart/form-data"),
        400,
        "invalid_request",
    ),
    "a form that is cut": (
        lambda shop: shop.upload(PART + FOX.data, "multipart/form-data; boundary=limit"),
        400,
        "invalid_request",
    ),
    "a long head of a part": (
        lambda shop: shop.upload(
            PART.replace(b"fox", b"x" * 9_000), "multipart/form-data; boundary=limit"
        ),
        400,
        "invalid_request",
    ),
    "a form of a page": (
        lambda shop: shop.upload(FOX.data, "application/x-www-form-urlencoded"),
        415,
        "unsupported_media_type",
    ),
    "JSON": (lambda shop: shop.client.post("/uploads", json={}), 415, "unsupported_media_type"),
    "a large image": (lambda shop: shop.upload(bytes(MAX_BYTES + 1)), 413, "too_large"),
    "a large file": (
        lambda shop: shop.send(("a.png", FOX.data), ("b.png", bytes(MAX_BYTES + 1))),
        413,
        "too_large",
    ),
    "an unknown parameter": (
        lambda shop: shop.client.post(
            "/uploads?x=1", content=FOX.data, headers={"Content-Type": "image/png"}
        ),
        400,
        "invalid_request",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_has_its_reason_and_leaves_nothing(name: str, shop: Shop) -> None:
    send, status, code = REFUSED[name]
    reply = await send(shop)
    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text
    assert reply.json()["charged"] == "no"
    assert shop.files() == []
    assert (await shop.client.get("/images")).json()["images"] == []


async def test_more_bytes_than_a_request_may_have_are_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_limits, "MAX_UPLOAD_BYTES", 100_000)
    announced = await shop.raw(IMAGE + b"Content-Length: 100001\r\n")
    chunk = b"186a1\r\n" + bytes(100_001) + b"\r\n"
    sent = await shop.raw(IMAGE + b"Transfer-Encoding: chunked\r\n", chunk)
    for reply in (announced, sent):
        assert b" 413 " in reply.splitlines()[0]
        assert b"together" in reply
    assert shop.files() == []


async def test_a_form_of_a_foreign_page_is_refused(shop: Shop) -> None:
    """A browser sends forms of any page without asking the server first."""
    headers = {"Origin": "https://evil.example"}
    files = {"image": ("fox.png", FOX.data)}
    reply = await shop.client.post("/uploads", files=files, headers=headers)
    assert (reply.status_code, shop.files()) == (403, [])


async def test_an_upload_needs_the_token(tmp_path: Path) -> None:
    async with opened(tmp_path, auth_token="t" * 16) as shop:
        assert (await shop.upload(FOX.data)).status_code == 401
        shop.client.headers["Authorization"] = "Bearer " + "t" * 16
        reply = await shop.upload(FOX.data)
    assert (reply.status_code, "path" in reply.json()["images"][0]) == (201, False)


async def test_a_client_that_disconnects_leaves_nothing(shop: Shop) -> None:
    port = int(shop.url.rpartition(":")[2])
    for head, body in ((IMAGE, FOX.data), (FORM, PART + FOX.data)):
        async with connect(port) as client:
            length = b"Content-Length: 9000000\r\n\r\n"
            start = b"POST /uploads HTTP/1.1\r\nHost: localhost\r\n"
            await client.send(start + head + length + body + bytes(2_000_000))
            await wait_until(lambda: open_files(shop.folder))
            await client.disconnect()
    await wait_until(lambda: not open_files(shop.folder))
    assert shop.files() == []


def open_files(folder: Path) -> list[str]:
    """The incoming files below `folder` that this process has open; other tests have their own."""
    found = (path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink())
    return [
        str(path)
        for path in found
        if "(deleted)" in str(path) and path.is_relative_to(folder / "data")
    ]


async def test_an_upload_that_drips_is_cut_off(tmp_path: Path) -> None:
    async with run_application(settings_in(tmp_path), provider=FakeProvider()) as container:
        app = HttpApplication(container)
        slow = UploadLimitMiddleware(app.litestar, app.litestar, start_timeout=0.3)  # type: ignore[arg-type] # Litestar's types of ASGI
        async with listen(slow) as port, connect(port) as client:
            await client.send(
                b"POST /uploads HTTP/1.1\r\nHost: x\r\n" + IMAGE + b"Content-Length: 99\r\n\r\n"
            )
            reply = await client.drip(bytes(99), pause=0.02)
    assert reply.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in reply.lower()


async def test_uploads_take_a_bounded_part_of_the_disk(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_limits, "MAX_TOTAL_UPLOAD_BYTES", 300_000)
    app = HttpApplication(shop.container)
    limited = UploadLimitMiddleware(app.litestar, app.litestar)  # type: ignore[arg-type] # Litestar's types of ASGI
    head = b"POST /uploads HTTP/1.1\r\nHost: x\r\n" + IMAGE + b"Content-Length: 200000\r\n\r\n"
    async with listen(limited) as port, connect(port) as first, connect(port) as second:
        await first.send(head + bytes(190_000))
        await wait_until(lambda: limited._budget.used == 190_000)
        await second.send(head + bytes(200_000))
        reply = await second.read_reply()
        assert reply.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5" in reply.lower()
        await first.send(bytes(10_000))
        assert (await first.read_reply()).startswith(b"HTTP/1.1 400 ")
        assert limited._budget.used == 0


async def test_a_full_disk_is_told_and_leaves_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full() -> None:
        raise ArchiveUnavailable("Images cannot be stored (No space left on device).")

    monkeypatch.setattr(shop.container.image_store(), "check_writable", full)
    reply = await shop.upload(FOX.data)
    assert (reply.status_code, reply.json()["code"]) == (507, "archive_unavailable")
    assert (reply.json()["retryable"], shop.files()) == (True, [])


async def test_a_large_upload_is_never_whole_in_memory_while_it_arrives(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every piece that is written is small, and the file grows while the client still sends."""
    sizes, create = list[int](), shop.container.incoming_files().create

    async def recording(name: str) -> Any:  # noqa: ANN401 - an IncomingFile
        file = await create(name)
        write = file.write

        async def note(data: bytes) -> None:
            sizes.append(len(data))
            await write(data)

        monkeypatch.setattr(file, "write", note)
        return file

    monkeypatch.setattr(shop.container.incoming_files(), "create", recording)
    assert (await shop.upload(bytes(20_000_000))).status_code == 400
    assert sum(sizes) == 20_000_000
    assert max(sizes) < 1_000_000
