"""JSON-RPC messages over standard input and output, closed by us and not by the end of input.

The SDK's own reader blocks in a thread that cannot be stopped, drops every running call when the
input ends, leaves requests that it cannot parse unanswered, and crashes on an answer that is not
valid UTF-8. Here the SDK's input ends when `close` is called, so running calls are answered first.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

from mcp_types import (
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)

from entrypoints.mcp.json_rpc import encode, read_envelope, repaired

CHUNK = 1 << 16
WAITING_MESSAGES = 64
CANCEL_METHOD = "notifications/cancelled"


def ensure_std_fds_open() -> None:
    """Open closed standard streams on the null device, so that no other file takes their numbers.

    Call it before anything else is opened, such as an event loop.
    """
    while (spare := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(spare)


class StdioTransport:
    """Takes over descriptors 0 and 1. Any other output to them goes to standard error from now on.

    `eof` is set when the input ends or the output fails; `write_failed` only when it fails.
    """

    def __init__(self) -> None:
        self.eof = asyncio.Event()
        self.write_failed = False
        self._loop = asyncio.get_running_loop()
        self._messages: asyncio.Queue[JSONRPCMessage | None] = asyncio.Queue(WAITING_MESSAGES)
        self._unanswered: set[str] = set()  # as for the SDK, the IDs 7 and "7" are equal
        self._all_answered = asyncio.Event()
        self._all_answered.set()
        self._input, self._output = _take_over_fds()
        # Not asyncio's own threads, which may all be waiting for a slow disk.
        self._writer = ThreadPoolExecutor(1, "stdout")
        threading.Thread(target=self._read_loop, name="stdin", daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[JSONRPCMessage]:
        """Every message until `close` is called. All other lines are answered here."""
        while (message := await self._messages.get()) is not None:
            yield message

    async def send(self, message: JSONRPCMessage) -> None:
        """Write one message, whole and in order. Raises nothing if the output is closed."""
        try:
            await self._write_message(message)
        finally:
            if isinstance(message, JSONRPCResponse | JSONRPCError):
                self._mark_answered(message.id)

    async def wait_answered(self, seconds: float) -> None:
        """Return when every received request is answered, or after that many seconds."""
        try:
            await asyncio.wait_for(self._all_answered.wait(), seconds)
        except TimeoutError:
            return

    async def close(self) -> None:
        """End the input for the SDK."""
        await self._messages.put(None)

    async def _accept(self, line: bytes) -> None:
        """Queue the message in a line, or answer what the SDK cannot."""
        if not line.strip():
            return
        line = repaired(line)
        envelope = read_envelope(line)
        message = None if envelope.fault else _message(line)
        if message is not None:
            self._track(message)
            await self._messages.put(message)
        elif envelope.needs_answer:
            await self._write_message(envelope.rejection() or envelope.unreadable())

    def _track(self, message: JSONRPCMessage) -> None:
        """Count only requests that the SDK receives and will answer."""
        if isinstance(message, JSONRPCRequest):
            self._unanswered.add(str(message.id))
            self._all_answered.clear()
        elif isinstance(message, JSONRPCNotification) and message.method == CANCEL_METHOD:
            self._mark_answered((message.params or {}).get("requestId"))  # gets no answer

    def _mark_answered(self, request_id: object) -> None:
        self._unanswered.discard(str(request_id))
        if not self._unanswered:
            self._all_answered.set()

    async def _write_message(self, message: JSONRPCMessage) -> None:
        try:
            await self._loop.run_in_executor(self._writer, self._write, encode(message) + b"\n")
        except OSError:
            self.write_failed = True
            self.eof.set()

    def _read_loop(self) -> None:
        try:
            for line in _lines(self._input):
                asyncio.run_coroutine_threadsafe(self._accept(line), self._loop).result()
        finally:  # the server must not wait forever for input that is no longer read
            self._loop.call_soon_threadsafe(self.eof.set)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._output, view) :]


def _message(line: bytes) -> JSONRPCMessage | None:
    """The message in a line, or None if it is not valid."""
    try:
        return jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        return None


def _lines(descriptor: int) -> Iterator[bytes]:
    rest = bytearray()
    while chunk := _read(descriptor):
        *lines, tail = chunk.split(b"\n")
        for line in lines:
            yield bytes(rest + line)
            rest.clear()
        rest += tail
    if rest:
        yield bytes(rest)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, CHUNK)
    except OSError:
        return b""


def _take_over_fds() -> tuple[int, int]:
    wire = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return wire
