"""Limits of one connection: slow clients and oversized headers cannot hold the server."""

import asyncio
from functools import partial

from httptools import HttpParserError
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from domain.errors import Busy
from entrypoints.http.error_responses import send_problem
from entrypoints.http.listening_socket import MAX_CONNECTIONS
from entrypoints.http.problem_documents import problem_of
from entrypoints.http.raw_responses import HEAD_TOO_LARGE, NOT_HTTP, raw
from entrypoints.http.security.host_origin import ALWAYS_OPEN
from entrypoints.http.slow_readers import ReadingRate, reset
from entrypoints.http.websocket.opening_handshake import is_opening_handshake


class Connection(HttpToolsProtocol):
    """One client's connection to uvicorn, with limits that uvicorn does not have.

    - The headers of a request must arrive within `header_timeout` seconds of the connection, or
      of their first byte; otherwise the connection closes. (BodyLimitMiddleware times the body.)
    - Headers of more than about `max_head_bytes` are refused. So is as much framing inside a body
      or after it (chunk sizes, trailers), because no part of the application reads it.
    - More than `max_pipelined` requests before the first response are refused.
    - A client that reads less than `min_write_rate` while more waits is disconnected after
      `write_timeout` seconds, also if only the last bytes of a response are unread.
    - A connection without a request closes after `idle_timeout` seconds; after
      `crowded_idle_timeout` while more than half of `max_connections` are open.
    - While more than `max_connections` are open, requests other than /livez and /readyz get a
      503 with Retry-After; above twice that number, new connections close at once.
    - A valid opening handshake of a WebSocket, at a path that has one, hands the connection over to
      a WebSocketConnection, which keeps these limits.
    """

    header_timeout = 10.0
    max_head_bytes = 64 * 1024
    max_pipelined = 16
    write_timeout = 30.0
    min_write_rate = 10_000
    """Bytes a second."""
    max_connections = MAX_CONNECTIONS
    idle_timeout = 75.0
    """Longer than the pools of clients and load balancers, most of which keep connections for 60 s.
    Otherwise they send requests into connections that are just being closed."""
    crowded_idle_timeout = 5.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # the type that uvicorn declares
        super().connection_made(transport)
        self._requests: list[RequestResponseCycle] = []
        self._overhead = self._piece = 0
        self._in_body = False
        self._headers_due: float | None = self.loop.time() + self.header_timeout
        self._reading = ReadingRate(
            transport, min_rate=self.min_write_rate, timeout=self.write_timeout
        )
        self._idle_since: float | None = None
        self._opens_websocket = False
        self.timeout_keep_alive = self.idle_timeout  # type: ignore[assignment] # passed to call_later
        self._schedule_check()
        if len(self.connections) > 2 * self.max_connections:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._check_timer.cancel()
        for cycle in self._unanswered:  # uvicorn notifies the last one only
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._unanswered and self._headers_due is None:
            self._headers_due = self.loop.time() + self.header_timeout
        self._piece = len(data)
        self._idle_since = None
        super().data_received(data)
        self._overhead += len(data)
        if self._overhead > self.max_head_bytes and not self.transport.is_closing():
            if not (self._in_body and self.cycle.response_started):
                self.transport.write(raw(HEAD_TOO_LARGE))
            self.transport.close()

    def send_400_response(self, _: str) -> None:
        """Respond with a problem document, as to every other error, and close the connection."""
        self.transport.write(raw(NOT_HTTP))
        self.transport.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_body:  # uvicorn would store every trailer
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        self._reset_header_count()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._reset_header_count()
        self._in_body = False
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        if len(self._requests) > self.max_pipelined:
            raise HttpParserError("too many pipelined requests")
        self._reset_header_count()
        self._headers_due, self._in_body = None, True
        overloaded = len(self.connections) > self.max_connections
        self.app = self._reject_overload if overloaded else self.config.loaded_app
        self._opens_websocket = not self._unanswered and is_opening_handshake(
            self.parser.get_method(), self.url, self.headers
        )
        super().on_headers_complete()
        if not self._opens_websocket:
            self._requests.append(self.cycle)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._unanswered:
            self._idle_since = self.loop.time()

    def resume_writing(self) -> None:
        self._reading.restart()
        super().resume_writing()

    def shutdown(self) -> None:
        """Close after the pending response; at once if no request has arrived completely."""
        if any(not cycle.more_body for cycle in self._unanswered):
            super().shutdown()
        else:
            self.transport.close()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over. The library for WebSockets is loaded at the first one."""
        from entrypoints.http.websocket.connection import WebSocketConnection

        self._check_timer.cancel()
        self.ws_protocol_class = partial(WebSocketConnection, app=self.app)  # type: ignore[assignment] # uvicorn only calls it
        super().handle_websocket_upgrade()

    def _should_upgrade(self) -> bool:
        """Other requests with an Upgrade header are served as if they had none."""
        return self._opens_websocket

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: uvicorn would ask for a library that is installed."""

    @property
    def is_awaited(self) -> bool:
        """Whether a POST still waits for its complete response; every POST ends on its own.

        A POST whose body is incomplete does not count: it has started nothing.
        """
        posts = (cycle for cycle in self._unanswered if cycle.scope["method"] == "POST")
        return any(not cycle.more_body for cycle in posts)

    @property
    def _unanswered(self) -> list[RequestResponseCycle]:
        """The request in progress, and those that the client has pipelined after it."""
        self._requests = [cycle for cycle in self._requests if not cycle.response_complete]
        return self._requests

    def _reset_header_count(self) -> None:
        """Count from the next piece on: the rest of this one is small and may be of any kind."""
        self._overhead = -self._piece

    def _schedule_check(self) -> None:
        interval = min(self.header_timeout, self.write_timeout) / 10
        self._check_timer = self.loop.call_later(interval, self._check)

    def _check(self) -> None:
        now = self.loop.time()
        if self._reading.is_slow(now):
            reset(self.transport)
            return
        if (self._headers_due is not None and now > self._headers_due) or self._idles_in_crowd(now):
            self.transport.close()
        self._schedule_check()

    def _idles_in_crowd(self, now: float) -> bool:
        crowded = len(self.connections) > self.max_connections // 2
        idle = 0.0 if self._idle_since is None else now - self._idle_since
        return crowded and idle > self.crowded_idle_timeout

    async def _reject_overload(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in ALWAYS_OPEN:
            await self.config.loaded_app(scope, receive, send)
            return
        busy = Busy("The server has too many open connections.", retry_after=5.0)
        await send_problem(problem_of(busy), scope, send, close=True)
