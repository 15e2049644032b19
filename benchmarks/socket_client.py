"""Minimal clients of /ws: they only look for the ends of messages."""

import asyncio
import json
from collections.abc import Mapping
from time import perf_counter
from typing import Any

MAX_HEAD = 64
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Protocol: gpt-image.v1\r\n\r\n"
)
TEXT = 0x81
OPENING = b'{"type":"'


def masked(message: Mapping[str, Any]) -> bytes:
    """A text frame with a mask of zeros."""
    data = json.dumps(message).encode()
    return b"\x81\xfe" + len(data).to_bytes(2, "big") + bytes(4) + data


class SocketClient(asyncio.Protocol):
    """Sends one message and records its answers, up to `complete` or `error`.

    With `frozen` it never reads what comes after the handshake.
    """

    def __init__(self, message: Mapping[str, Any], *, frozen: bool = False) -> None:
        self._message = message
        self._frozen = frozen
        self._open = False
        self._buffer = b""
        self._left = 0  # bytes of the frame that have not arrived yet
        self._head: bytearray | None = None
        self.kinds: list[str] = []
        self.received = 0
        self.began = self.ended = 0.0
        """When the header of the first image began, and when the last message ended."""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(HANDSHAKE)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if not self._open:
            head, found, data = (self._buffer + data).partition(b"\r\n\r\n")
            if not found:
                self._buffer = head
                return
            assert b" 101 " in head, head
            self._open, self._buffer = True, b""
            self.transport.write(masked(self._message))
            if self._frozen:
                self.transport.pause_reading()
                self.done.set_result(None)
        self._take(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the connection broke off"))

    def _take(self, data: bytes) -> None:
        data, self._buffer, at = self._buffer + data, b"", 0
        while at < len(data):
            if not self._left:
                size = _head_size(data, at)
                if size > len(data) - at:
                    self._buffer = data[at:]
                    return
                self._begin(data[at : at + size])
                at += size
            part = min(self._left, len(data) - at)
            if self._head is not None and len(self._head) < MAX_HEAD:
                self._head += data[at : at + min(part, MAX_HEAD)]
            at, self._left = at + part, self._left - part
            if not self._left and self._head is not None:
                self._end(self._head)

    def _begin(self, head: bytes) -> None:
        self._left = int.from_bytes(head[2:], "big") if len(head) > 2 else head[1]
        self._head = bytearray() if head[0] == TEXT else None

    def _end(self, head: bytearray) -> None:
        """Take the end of a text frame."""
        start = len(OPENING)
        kind = head[start : head.find(b'"', start)].decode()
        self.kinds.append(kind)
        if kind == "image" and not self.began:
            self.began = perf_counter()
        if kind in ("complete", "error"):
            self.ended = perf_counter()
            self.done.set_result(None)
            self.transport.close()


def _head_size(data: bytes, at: int) -> int:
    """The bytes of the head of a frame; a long one if it is not known yet."""
    if len(data) - at < 2:
        return 10
    return {126: 4, 127: 10}.get(data[at + 1], 2)


async def read_socket(
    port: int, arguments: Mapping[str, Any], *, frozen: bool = False
) -> SocketClient:
    """Generate an image; return the client after the last message, or frozen after the first."""
    message = {"type": "generate", "id": "a", "arguments": arguments}
    _, client = await asyncio.get_running_loop().create_connection(
        lambda: SocketClient(message, frozen=frozen), "127.0.0.1", port
    )
    await client.done
    return client
