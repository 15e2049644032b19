"""JSON-RPC messages over standard input and output, with an end that we decide.

The SDK's own reader blocks in a thread that cannot be told to stop, it drops every call at work
when the input ends, leaves requests unanswered that it cannot read, and dies of an answer that is
no UTF-8. Here the input ends for the SDK when `close` is called, so calls in flight are answered
first.
"""

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mcp_types import (
    INVALID_REQUEST,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)

CHUNK = 1 << 16
WAITING_MESSAGES = 64
CANCEL_METHOD = "notifications/cancelled"


def ensure_std_fds_open() -> None:
    """Open closed standard streams to nowhere, or the next file takes a number of theirs.

    Call it before anything else is opened, such as an event loop.
    """
    while (spare := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(spare)


class StdioTransport:
    """Takes over descriptors 0 and 1: whatever else prints goes to standard error from now on."""

    def __init__(self) -> None:
        self.eof = asyncio.Event()
        self.write_failed = False
        self._loop = asyncio.get_running_loop()
        self._messages: asyncio.Queue[JSONRPCMessage | None] = asyncio.Queue(WAITING_MESSAGES)
        self._unanswered: set[str] = set()  # to the SDK too, the ids 7 and "7" are one
        self._settled = asyncio.Event()
        self._settled.set()
        self._input, self._output = _take_over_fds()
        # Not asyncio's own threads: they may all be waiting for a slow disk.
        self._writer = ThreadPoolExecutor(1, "stdout")
        threading.Thread(target=self._read_loop, name="stdin", daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[JSONRPCMessage]:
        """Every message that came, until `close` is called; lines that are none are left out."""
        while (message := await self._messages.get()) is not None:
            yield message

    async def send(self, message: JSONRPCMessage) -> None:
        """Write one message, whole and in order; a reader that is gone is not an error any more."""
        try:
            await self._loop.run_in_executor(self._writer, self._write, _line(message))
        except OSError:
            self.write_failed = True
            self.eof.set()
        finally:
            if isinstance(message, JSONRPCResponse | JSONRPCError):
                self._answered(message.id)

    async def wait_answered(self, patience: float) -> None:
        """Return when every request that came has its answer, or after `patience` seconds."""
        try:
            await asyncio.wait_for(self._settled.wait(), patience)
        except TimeoutError:
            return

    async def close(self) -> None:
        """End the input for the SDK."""
        await self._messages.put(None)

    async def _accept(self, line: bytes) -> None:
        """Take a line; what looks like a request but is none is answered here."""
        message = _message(line)
        if isinstance(message, JSONRPCError):
            await self.send(message)
        elif message is not None:
            self._note(message)
            await self._messages.put(message)

    def _note(self, message: JSONRPCMessage) -> None:
        """Only what the SDK was given, and will answer, is waited for at the end."""
        if isinstance(message, JSONRPCRequest):
            self._unanswered.add(str(message.id))
            self._settled.clear()
        elif isinstance(message, JSONRPCNotification) and message.method == CANCEL_METHOD:
            self._answered((message.params or {}).get("requestId"))  # the SDK will not answer

    def _answered(self, number: object) -> None:
        self._unanswered.discard(str(number))
        if not self._unanswered:
            self._settled.set()

    def _read_loop(self) -> None:
        try:
            for line in _lines(self._input):
                asyncio.run_coroutine_threadsafe(self._accept(line), self._loop).result()
        finally:  # whatever happens, nobody may wait for ever for input that nobody reads
            self._loop.call_soon_threadsafe(self.eof.set)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._output, view) :]


def _message(line: bytes) -> JSONRPCMessage | None:
    """The message in a line, None if there is none, or the error that answers a bad request."""
    try:
        return jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        return _parse_leniently(line)


def _parse_leniently(line: bytes) -> JSONRPCMessage | None:
    """Read leniently what is no strict JSON, such as half a character in a prompt.

    Whoever gets the message can tell what is wrong with it; to drop it leaves its sender waiting.
    """
    try:
        raw = json.loads(line.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    try:
        return jsonrpc_message_adapter.validate_python(raw, by_name=False)
    except (ValueError, RecursionError):
        return _refusal(raw)


def _refusal(raw: Any) -> JSONRPCError | None:  # noqa: ANN401 - whatever JSON can say
    if not isinstance(raw, dict) or "method" not in raw:
        return None
    number = raw.get("id")
    if isinstance(number, bool) or not isinstance(number, int | str):
        return None
    if isinstance(number, str):
        number = number.encode(errors="replace").decode()
    error = ErrorData(code=INVALID_REQUEST, message="This is no JSON-RPC 2.0 request.")
    return JSONRPCError(jsonrpc="2.0", id=number, error=error)


def _line(message: JSONRPCMessage) -> bytes:
    """The message as a line of UTF-8; half characters, which UTF-8 cannot say, become "?"."""
    try:
        text = message.model_dump_json(by_alias=True, exclude_unset=True)
    except ValueError:
        plain = message.model_dump(mode="json", by_alias=True, exclude_unset=True)
        text = json.dumps(plain, ensure_ascii=False)
    return text.encode(errors="replace") + b"\n"


def _lines(descriptor: int) -> Iterator[bytes]:
    rest = bytearray()
    while chunk := _read(descriptor):
        *whole, tail = chunk.split(b"\n")
        for line in whole:
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
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return wire
