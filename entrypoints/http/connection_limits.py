"""Connections that nobody can keep by being slow."""

import asyncio
import socket
import struct

from httptools import HttpParserError
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from domain.errors import Busy
from entrypoints.http.problem_documents import problem_of, send_problem
from entrypoints.http.raw_responses import HEAD_TOO_LARGE, NOT_HTTP, raw
from entrypoints.http.security.host_origin import ALWAYS_OPEN

NOTHING_MORE = struct.pack("ii", 1, 0)
"""SO_LINGER: what was not read when the socket closes is dropped, and the other side told so."""


class Connection(HttpToolsProtocol):
    """One client's connection, as uvicorn serves it, within times and numbers of our own.

    - The headers of a request are here `header_timeout` seconds after the connection, or after
      their first byte; else it is closed. (A body's time is the business of Uploads.)
    - Headers of more than about `largest_head` bytes are refused, and so is as much between
      pieces of a body or behind it, which nobody reads: lengths of chunks, trailers.
    - So are more than `most_at_once` requests that come before the first of them is answered.
    - Who reads slower than `slowest_reader` while more waits for them is cut off after
      `write_timeout` seconds, also when all is said and only the last bytes are not taken.
    - While more than `most` are connected, requests are told to come back, but for /livez and
      /readyz; of more than twice as many, those that come are closed at once.
    """

    header_timeout = 10.0
    max_head_bytes = 64 * 1024
    max_pipelined = 16
    write_timeout = 30.0
    min_write_rate = 10_000
    """Bytes a second."""
    max_connections = 1_000

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._requests: list[RequestResponseCycle] = []
        self._overhead = self._piece = 0
        self._in_body = False
        self._headers_due: float | None = self.loop.time() + self.header_timeout
        self._unread: int | None = None
        self._unread_since = 0.0
        self._look_again()
        if len(self.connections) > 2 * self.max_connections:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._looking.cancel()
        for cycle in self._unanswered:  # of those, uvicorn thinks of the last one only
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._unanswered and self._headers_due is None:
            self._headers_due = self.loop.time() + self.header_timeout
        self._piece = len(data)
        super().data_received(data)
        self._overhead += len(data)
        if self._overhead > self.max_head_bytes and not self.transport.is_closing():
            if not (self._in_body and self.cycle.response_started):
                self.transport.write(raw(HEAD_TOO_LARGE))
            self.transport.close()

    def send_400_response(self, _: str) -> None:
        """Say so as everything else is said, and hang up."""
        self.transport.write(raw(NOT_HTTP))
        self.transport.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_body:  # uvicorn would keep every trailer
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
            raise HttpParserError("too many requests that are not answered yet")
        self._reset_header_count()
        self._headers_due, self._in_body = None, True
        crowded = len(self.connections) > self.max_connections
        self.app = self._reject_overload if crowded else self.config.loaded_app
        super().on_headers_complete()
        self._requests.append(self.cycle)

    def resume_writing(self) -> None:
        self._unread = None
        super().resume_writing()

    def shutdown(self) -> None:
        """Close after the answer that it waits for; at once where no request is all here."""
        if any(not each.more_body for each in self._unanswered):
            super().shutdown()
        else:
            self.transport.close()

    @property
    def has_pending_post(self) -> bool:
        """Whether the answer to a POST is not whole yet; all of those end by themselves.

        One whose body is not all here has begun nothing.
        """
        posts = (each for each in self._unanswered if each.scope["method"] == "POST")
        return any(not each.more_body for each in posts)

    @property
    def _unanswered(self) -> list[RequestResponseCycle]:
        """The request that is being answered, and those that were sent behind it already."""
        self._requests = [cycle for cycle in self._requests if not cycle.response_complete]
        return self._requests

    def _reset_header_count(self) -> None:
        """What else is in this piece is not counted: it may be of any kind, and is little."""
        self._overhead = -self._piece

    def _look_again(self) -> None:
        interval = min(self.header_timeout, self.write_timeout) / 10
        self._looking = self.loop.call_later(interval, self._look)

    def _look(self) -> None:
        now = self.loop.time()
        if self._is_slow_reader(now):
            self._abort()
            return
        if self._headers_due is not None and now > self._headers_due:
            self.transport.close()
        self._look_again()

    def _abort(self) -> None:
        """Close it now. Else the system would go on for minutes with what it has of an answer."""
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOTHING_MORE)
        self.transport.abort()

    def _is_slow_reader(self, now: float) -> bool:
        unread = self.transport.get_write_buffer_size()
        enough = self.min_write_rate * self.write_timeout
        if not unread:
            self._unread = None
        elif self._unread is None or self._unread - unread >= enough:
            self._unread, self._unread_since = unread, now
        return self._unread is not None and now - self._unread_since >= self.write_timeout

    async def _reject_overload(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in ALWAYS_OPEN:
            await self.config.loaded_app(scope, receive, send)
            return
        busy = Busy("Too many clients are connected to this server.", retry_after=5.0)
        await send_problem(problem_of(busy), send, close=True)
