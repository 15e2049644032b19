"""A WebSocket's connection to uvicorn, with the limits of the other connections."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request

from entrypoints.http.problem_documents import RequestRejected
from entrypoints.http.raw_responses import HEAD_TOO_LARGE, raw
from entrypoints.http.security.body_limits import (
    MIN_BYTES_PER_SECOND,
    START_TIMEOUT,
    BodyMemoryBudget,
    BodyReservation,
)
from entrypoints.http.slow_readers import ReadingRate, reset
from entrypoints.http.websocket.opening_handshake import IMAGES_PATH, IS_AWAITED, MCP_PATH

FRAGMENT_BYTES = 256 * 1024
"""A longer message is sent in fragments of this size: a client that does not read holds one of them
in memory, and not an image."""
MAX_MESSAGE_BYTES = {IMAGES_PATH: 1024 * 1024, MCP_PATH: 16 * 1024 * 1024}
"""Bytes of one message of a client. Larger input images are uploaded, or sent over plain HTTP."""
MAX_TOTAL_BYTES = 64 * 1024 * 1024
"""Bytes of unfinished messages that all connections may hold at once."""
GOING_AWAY = "The server is shutting down."


class WebSocketConnection(WebSocketsSansIOProtocol):
    """One client's WebSocket, after its opening handshake has arrived; `app` serves it.

    - A message that is too large or arrives too slowly closes the connection, with 1009 and 1008;
      so does one for which all connections hold too much already, with 1013.
    - A client that reads too slowly is disconnected, as every other client of the server.
    - A client that does not answer a ping within `ping_seconds` is disconnected.
    - Messages are not compressed: images are, and the others are small.
    """

    write_timeout = 30.0
    min_write_rate = 10_000
    """Bytes a second."""
    ping_seconds = 45.0
    """More than the bytes before a ping may take for a client that reads just fast enough."""
    memory = BodyMemoryBudget(MAX_TOTAL_BYTES)

    def __init__(self, *, app: ASGIApp, **arguments: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(**arguments)
        self.app = app
        self.conn.available_extensions = None
        self.ping_timeout = self.ping_seconds
        self._reservation = BodyReservation(self.memory)
        self._incoming = 0
        self._incoming_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # the type that uvicorn declares
        super().connection_made(transport)
        self._reading = ReadingRate(
            transport, min_rate=self.min_write_rate, timeout=self.write_timeout
        )
        self._schedule_check()

    def connection_lost(self, exc: Exception | None) -> None:
        self._check_timer.cancel()
        self._reservation.hold(0)
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        self._reading.restart()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        if not self._incoming:
            self._incoming_since = self.loop.time()
        self._incoming += len(data)
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(raw(HEAD_TOO_LARGE))  # for the library's limits; ours are wider
            self.transport.close()
            return
        try:
            self._reservation.hold(self._incoming)
        except RequestRejected:
            self.fail(CloseCode.TRY_AGAIN_LATER, "The server receives too much at once.")

    def handle_connect(self, event: Request) -> None:
        self.conn.max_message_size = MAX_MESSAGE_BYTES[event.path.partition("?")[0]]
        self._incoming = 0
        super().handle_connect(event)

    def send_receive_event_to_app(self) -> None:
        self._incoming = 0
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        self._incoming = sum(map(len, self.frames))
        super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        self._incoming = sum(map(len, self.frames))
        super().handle_pong(event)

    def handle_parser_exception(self) -> None:
        if not self.close_sent:
            super().handle_parser_exception()

    def fail(self, code: CloseCode, reason: str) -> None:
        """Close the connection because of what its client does."""
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    async def receive(self) -> Any:  # noqa: ANN401 - uvicorn's own type of an event
        event = await super().receive()
        self._incoming_since = self.loop.time()  # while reading was paused, nothing could arrive
        return event

    async def send(self, message: Message) -> None:  # type: ignore[override] # uvicorn's own type of the same
        if message["type"] != "websocket.send":
            await super().send(message)  # type: ignore[arg-type] # the same
            if message["type"] == "websocket.http.response.body":
                self.handshake_complete = True  # refused; uvicorn would log an error
            return
        data = message.get("bytes")
        if data is None:
            await self._send(message["text"].encode(), self.conn.send_text)
        else:
            await self._send(data, self.conn.send_binary)

    async def _send(self, data: bytes, begin: Callable[[Any, bool], None]) -> None:
        """Send one message in fragments, each when the client has read most of what came before."""
        whole = memoryview(data)
        for start in range(0, len(whole) or 1, FRAGMENT_BYTES):
            await self.writable.wait()
            if self.disconnected or self.close_sent:
                raise ClientDisconnected
            part = whole[start : start + FRAGMENT_BYTES]
            send = self.conn.send_continuation if start else begin
            try:
                send(part, start + FRAGMENT_BYTES >= len(whole))
            except InvalidState:
                raise ClientDisconnected from None
            self.transport.write(b"".join(self.conn.data_to_send()))

    def shutdown(self) -> None:
        """Close with 1001."""
        if self.handshake_complete and not self.close_sent:
            self.queue.put_nowait(
                {"type": "websocket.disconnect", "code": CloseCode.GOING_AWAY, "reason": GOING_AWAY}
            )
            self.conn.send_close(CloseCode.GOING_AWAY, GOING_AWAY)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        super().shutdown()

    @property
    def is_awaited(self) -> bool:
        """Whether frames of running jobs, or answers, may still be sent to the client."""
        if self.close_sent or not self.handshake_complete:
            return False
        is_awaited = self.scope["state"].get(IS_AWAITED)
        return is_awaited is not None and is_awaited()

    def _schedule_check(self) -> None:
        self._check_timer = self.loop.call_later(self.write_timeout / 10, self._check)

    def _check(self) -> None:
        now = self.loop.time()
        if self._reading.is_slow(now):
            reset(self.transport)
            return
        due = self._incoming_since + START_TIMEOUT + self._incoming / MIN_BYTES_PER_SECOND
        if self._incoming and now > due and not self.read_paused:
            self.fail(CloseCode.POLICY_VIOLATION, "The message arrived too slowly.")
        self._schedule_check()
