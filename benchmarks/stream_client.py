"""Minimal clients of /mcp/stream: they only look for the ends of frames."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import httptools

OPENING = b'data: {"type":"'
MAX_HEAD = 64
MAX_TAIL = 1000
STREAM = "/mcp/stream"
HEAD = (
    "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    "Content-Length: {length}\r\n{headers}\r\n"
)


@dataclass(slots=True)
class Frame:
    """A frame's head, tail and size, and when its first and last bytes arrived, in seconds.

    `whole` is the frame if the client keeps frames, else empty.
    """

    head: bytes = b""
    tail: bytes = b""
    size: int = 0
    began: float = 0.0
    ended: float = 0.0
    whole: bytes = b""

    @property
    def kind(self) -> str:
        """`progress`, `partial`, `complete` or `error`; empty for a comment."""
        start = len(OPENING)
        return (
            self.head[start : self.head.find(b'"', start)].decode() if self.head[:1] == b"d" else ""
        )


class StreamClient(asyncio.Protocol):
    """Sends one request and records the frames of its reply. No frame has a line break within.

    A reply that is no stream is one frame.
    """

    def __init__(
        self,
        body: Mapping[str, Any],
        *,
        keep: bool = False,
        path: str = STREAM,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._body = json.dumps(body).encode()
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self._head = HEAD.format(path=path, length=len(self._body), headers=lines).encode()
        self._keep = keep
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._frame = Frame()
        self._breaks = 0
        self.frames: list[Frame] = []
        self.sent_at = 0.0
        self.received = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.sent_at = perf_counter()
        transport.write(self._head + self._body)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Take a chunk from httptools, cut anywhere."""
        start = 0
        while (end := body.find(b"\n", start)) >= 0:
            self._take(body[start : end + 1])
            self._breaks += 1
            if self._breaks == 2:
                self._end()
            start = end + 1
        if start < len(body):
            self._take(body[start:])

    def on_message_complete(self) -> None:
        """Handle the end of the reply, which httptools reports."""
        status = self._parser.get_status_code()
        if status == 200:
            if self._frame.size:
                self._end()
            self.done.set_result(None)
        else:
            self.done.set_exception(AssertionError(f"status {status}: {self._frame.head!r}"))
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the stream broke off"))

    def _take(self, piece: bytes) -> None:
        frame = self._frame
        if not frame.size:
            frame.began = perf_counter()
        frame.size += len(piece)
        if len(frame.head) < MAX_HEAD:
            frame.head += piece[:MAX_HEAD]
        frame.tail = (frame.tail + piece[-MAX_TAIL:])[-MAX_TAIL:]
        if self._keep:
            self._pieces.append(piece)

    def _end(self) -> None:
        self._frame.ended = perf_counter()
        self._frame.whole = b"".join(self._pieces)
        self.frames.append(self._frame)
        self._frame, self._breaks = Frame(), 0
        self._pieces.clear()


async def read_stream(
    port: int,
    body: Mapping[str, Any],
    *,
    keep: bool = False,
    path: str = STREAM,
    headers: Mapping[str, str] | None = None,
) -> StreamClient:
    """Send a request; return the client after its stream has ended."""
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(
        lambda: StreamClient(body, keep=keep, path=path, headers=headers), "127.0.0.1", port
    )
    await client.done
    return client
