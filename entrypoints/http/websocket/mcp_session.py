"""MCP over a WebSocket: one JSON-RPC message in each text frame, for the same server object."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import create_memory_object_stream
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.server.lowlevel.server import Server
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp_types import (
    INVALID_REQUEST,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)
from starlette.types import Message, Receive, Scope, Send

from entrypoints.http.mcp_image_data import IMAGE_DATA, DetachedImages
from entrypoints.http.mcp_responses import JSON_ONLY
from entrypoints.http.websocket.message_reader import MessageReader, run_until_first
from entrypoints.http.websocket.message_writer import MessageWriter
from entrypoints.http.websocket.server_messages import Outgoing
from entrypoints.mcp.json_rpc import IN_USE, Envelope, encode, read_envelope, repaired

MAX_REQUESTS = 64
"""Requests of one connection that run at once."""
TOO_MANY = ErrorData(
    code=INVALID_REQUEST,
    message=f"The connection has {MAX_REQUESTS} running requests, which is the limit.",
)
Incoming = MemoryObjectSendStream[SessionMessage | Exception]


@dataclass(frozen=True, slots=True)
class _Request:
    """What the server's hooks read about a message: the scope of an HTTP request."""

    scope: Mapping[str, Any]
    images: DetachedImages

    @classmethod
    def of(cls, connection: Mapping[str, Any]) -> "_Request":
        """A request of its own on this connection: it keeps nothing after it is answered."""
        images = DetachedImages()
        return cls({**connection, IMAGE_DATA: images, JSON_ONLY: False, "state": {}}, images)


class McpSession:
    """Serves the messages of one MCP client until it disconnects."""

    def __init__(self, server: Server[Any], scope: Scope, receive: Receive, send: Send) -> None:
        self._server = server
        self._scope = scope
        self._writer = MessageWriter(send)
        self._reader = MessageReader(receive, send, lambda: self.is_awaited)
        self._running: dict[str, _Request] = {}  # as for the SDK, the IDs 7 and "7" are equal
        self.jobs = 0
        """The number of jobs that were started or joined."""

    @property
    def is_awaited(self) -> bool:
        """Whether messages for the client may still come without a further one of its own."""
        return bool(self._running) or not self._writer.is_empty

    async def run(self) -> int:
        """Serve the client; return the code with which the connection was closed."""
        to_server, incoming = create_memory_object_stream[SessionMessage | Exception](0)
        outgoing, from_server = create_memory_object_stream[SessionMessage](0)
        options = self._server.create_initialization_options()
        async with to_server, incoming, outgoing, from_server:
            await run_until_first(
                asyncio.create_task(self._read(to_server)),
                asyncio.create_task(self._forward(from_server)),
                asyncio.create_task(self._writer.run()),
                asyncio.create_task(self._server.run(incoming, outgoing, options)),
            )
        return self._reader.close_code

    async def _read(self, to_server: Incoming) -> None:
        async for event in self._reader.messages():
            await self._take(_data(event), to_server)

    async def _take(self, data: bytes, to_server: Incoming) -> None:
        """Pass on the message, or answer what the SDK cannot."""
        data = repaired(data)
        envelope = read_envelope(data)
        message = None if envelope.fault else _message(data)
        if message is not None:
            await self._pass_on(message, envelope, to_server)
        elif envelope.needs_answer:
            await self._answer(envelope.rejection() or envelope.unreadable())

    async def _pass_on(
        self, message: JSONRPCMessage, envelope: Envelope, to_server: Incoming
    ) -> None:
        request, id_ = _Request.of(self._scope), str(envelope.request_id)
        unanswered = None
        if isinstance(message, JSONRPCRequest):
            if id_ in self._running or len(self._running) >= MAX_REQUESTS:
                await self._answer(envelope.error(IN_USE if id_ in self._running else TOO_MANY))
                return
            self._running[id_] = request
            unanswered = partial(self._end, id_)
        metadata = ServerMessageMetadata(request_context=request, on_request_unanswered=unanswered)
        await to_server.send(SessionMessage(message, metadata))

    async def _forward(self, from_server: MemoryObjectReceiveStream[SessionMessage]) -> None:
        async for sent in from_server:
            message, data = sent.message, encode(sent.message)
            if isinstance(message, JSONRPCResponse | JSONRPCError):
                request = self._running.get(str(message.id))
                data = data if request is None else request.images.attach(data)
                await self._end(str(message.id))
            await self._writer.add(Outgoing(data.decode())).sent

    async def _end(self, id_: str) -> None:
        request = self._running.pop(id_, None)
        if request is not None:
            request.images.release()
            self.jobs += request.scope["state"].pop("job", None) is not None

    async def _answer(self, message: JSONRPCMessage) -> None:
        await self._writer.add(Outgoing(encode(message).decode())).sent


def _data(event: Message) -> bytes:
    """The content of a frame; that of a binary one is no message."""
    text = event.get("text")
    return b"" if text is None else text.encode(errors="surrogatepass")


def _message(data: bytes) -> JSONRPCMessage | None:
    """The message, or None if it is not valid."""
    try:
        return jsonrpc_message_adapter.validate_json(data, by_name=False)
    except ValueError:
        return None
