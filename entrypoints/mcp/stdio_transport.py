"""JSON-RPC messages over standard input and output, closed by us and not by the end of input.

The SDK's own reader blocks in a thread that cannot be stopped, drops every running call when the
input ends, leaves requests that it cannot parse unanswered, and crashes on an answer that is not
valid UTF-8. Here the SDK's input ends when `close` is called, so running calls are answered first.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

from mcp_types import (
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)

from entrypoints.mcp.greeter.greeter import Greeter
from entrypoints.mcp.json_rpc import encode, read_envelope, repaired
from entrypoints.mcp.std_streams import write_all

WAITING_MESSAGES = 64
CANCEL_METHOD = "notifications/cancelled"


class StdioTransport:
    """Continues the connection that the greeter has begun, once `take_over` is called.

    `eof` is set when the input ends or the output fails; `write_failed` only when it fails.
    """

    def __init__(self, greeter: Greeter) -> None:
        self.eof = asyncio.Event()
        self.write_failed = False
        self._loop = asyncio.get_running_loop()
        self._messages: asyncio.Queue[JSONRPCMessage | None] = asyncio.Queue(WAITING_MESSAGES)
        self._unanswered: set[str] = set()  # as for the SDK, the IDs 7 and "7" are equal
        self._all_answered = asyncio.Event()
        self._all_answered.set()
        self._greeter = greeter
        self._greeted = True  # until its answers wait to be written
        self._replaying = False
        # Not asyncio's own threads, which may all be waiting for a slow disk.
        self._writer = ThreadPoolExecutor(1, "stdout")

    async def take_over(self) -> bool:
        """Bring the SDK to the state of the conversation so far, and read on from there.

        Returns whether the client has been told the tools. Until then no message is written.
        """
        kept, listed = self._greeter.stop()
        self._replaying = True
        for line in kept:
            await self._accept(line)
            await self._all_answered.wait()
        self._replaying = self._greeted = False
        self._all_answered.clear()
        self._flushed = asyncio.create_task(self._flush())
        self._greeter.go_on(self._take, self._end)
        return listed

    async def __aiter__(self) -> AsyncIterator[JSONRPCMessage]:
        """Every message until `close` is called. All other lines are answered here."""
        while (message := await self._messages.get()) is not None:
            yield message

    async def send(self, message: JSONRPCMessage) -> None:
        """Write one message, whole and in order. Raises nothing if the output is closed."""
        try:
            if not self._replaying:
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
        self._check_answered()

    def _check_answered(self) -> None:
        if self._greeted and not self._unanswered:
            self._all_answered.set()

    async def _write_message(self, message: JSONRPCMessage) -> None:
        try:
            await self._loop.run_in_executor(self._writer, self._write, encode(message) + b"\n")
        except OSError:
            self.write_failed = True
            self.eof.set()

    async def _flush(self) -> None:
        """Wait for the greeter's answers. Those of the SDK are written by the same executor."""
        try:
            await self._loop.run_in_executor(self._writer, self._greeter.flush)
        except OSError:
            self.write_failed = True
            self.eof.set()
        finally:
            self._greeted = True
            self._check_answered()

    def _take(self, line: bytes) -> None:
        asyncio.run_coroutine_threadsafe(self._accept(line), self._loop).result()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self.eof.set)

    def _write(self, data: bytes) -> None:
        write_all(self._greeter.output, data)


def _message(line: bytes) -> JSONRPCMessage | None:
    """The message in a line, or None if it is not valid."""
    try:
        return jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        return None
