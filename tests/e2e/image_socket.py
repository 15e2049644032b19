"""A client of the WebSocket for images: pairs of headers and images, as they arrive."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

SUBPROTOCOL = Subprotocol("gpt-image.v1")
WITH_IMAGE = ("partial", "image")


@dataclass(frozen=True)
class Received:
    """A header, and the image that came with it."""

    header: dict[str, Any]
    image: bytes = b""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        return self.header[name]


class ImageSocket:
    """Sends messages, and reads whole ones."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, kind: str, id_: str, **fields: object) -> None:
        await self.connection.send(json.dumps({"type": kind, "id": id_, **fields}))

    async def receive(self, seconds: float = 30.0) -> Received:
        """The next message; AssertionError unless its image follows its header at once."""
        async with asyncio.timeout(seconds):
            text = await self.connection.recv()
            assert isinstance(text, str), "a binary frame without a header"
            header = json.loads(text)
            if header["type"] not in WITH_IMAGE:
                return Received(header)
            image = await self.connection.recv()
        assert isinstance(image, bytes), (header, image)
        assert len(image) == header["bytes"]
        return Received(header, image)

    async def until_end(self, *ids: str) -> list[Received]:
        """All messages until each of these IDs has ended."""
        received, open_ids = [], set(ids)
        while open_ids:
            received.append(await self.receive())
            if received[-1]["type"] in ("complete", "error", "pong"):
                open_ids.discard(received[-1]["id"])
        return received

    async def ask(self, kind: str, id_: str = "a", **fields: object) -> list[Received]:
        """Send a message; return all answers to it."""
        await self.send(kind, id_, **fields)
        return await self.until_end(id_)


@asynccontextmanager
async def open_socket(
    url: str, headers: Mapping[str, str] | None = None, path: str = "/ws"
) -> AsyncIterator[ImageSocket]:
    """Connect to `/ws` of the server at this URL."""
    address = url.replace("http://", "ws://") + path
    async with connect(
        address,
        subprotocols=[SUBPROTOCOL],
        additional_headers=headers,
        max_size=None,
        proxy=None,
        compression=None,
    ) as connection:
        yield ImageSocket(connection)
