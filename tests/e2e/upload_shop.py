"""A server that takes uploads, its client, and the files that it keeps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.e2e.loopback_server import serve_container
from tests.e2e.raw_connections import connect
from tests.testkit.fakes import FakeProvider, settings_in, small_image

FOX, BEAR = small_image("orange", (64, 48)), small_image("brown", (48, 64))
IMAGE = b"Content-Type: image/png\r\n"


class Shop:
    """A server with its client; images are below `folder`."""

    def __init__(self, folder: Path, container: Container, url: str) -> None:
        self.folder, self.container, self.url = folder, container, url
        self.client = httpx2.AsyncClient(base_url=url, timeout=60)

    async def upload(self, data: bytes, media_type: str = "image/png") -> httpx2.Response:
        """Send one image as the body."""
        return await self.client.post(
            "/uploads", content=data, headers={"Content-Type": media_type}
        )

    async def send(self, *files: tuple[str, bytes]) -> httpx2.Response:
        """Send a form with files."""
        return await self.client.post("/uploads", files=[("image", each) for each in files])

    async def raw(self, head: bytes, *pieces: bytes) -> bytes:
        """Send a request in pieces, then hang up if there is no reply to it."""
        async with connect(int(self.url.rpartition(":")[2])) as client:
            await client.send(b"POST /uploads HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n")
            for piece in pieces:
                await client.send(piece)
            return await client.read_reply()

    def files(self) -> list[str]:
        """The names of all files of images, and of what is left of uploads."""
        roots = (self.folder / "images", self.folder / "data")
        found = [path for root in roots for path in root.rglob("*") if path.is_file()]
        own = ("records.sqlite3", "door.lock")
        return sorted(
            path.name for path in found if not path.name.startswith(own) and path.suffix != ".lock"
        )


@asynccontextmanager
async def opened(folder: Path, **settings: Any) -> AsyncIterator[Shop]:  # noqa: ANN401 - fields of Settings
    chosen = settings_in(folder, **settings)
    async with (
        run_application(chosen, provider=FakeProvider(small_image())) as container,
        serve_container(container) as url,
    ):
        shop = Shop(folder, container, url)
        async with shop.client:
            yield shop
