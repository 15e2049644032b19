"""Standard input and output as the MCP SDK wants them, with an end that we decide.

The SDK's own reader blocks in a thread that cannot be told to stop, and when the input ends the
SDK drops every call that is still at work. Here the input ends for the SDK when `close` is
called, so calls in flight are answered first.
"""

import asyncio
import os
import threading
from collections.abc import AsyncIterator

import msgspec

CHUNK = 1 << 16
WAITING_LINES = 64


class _Params(msgspec.Struct, rename="camel"):
    request_id: int | str | None = None


class _Envelope(msgspec.Struct):
    """As much of a JSON-RPC message as tells a request from an answer."""

    id: int | str | None = None
    method: str | None = None
    params: _Params | None = None


class Pipes:
    """Takes over descriptors 0 and 1: whatever else prints goes to standard error from now on."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.broken = False
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_LINES)
        self._unanswered: set[int | str] = set()
        self._settled = asyncio.Event()
        self._settled.set()
        self._input, self._output = _claimed()
        threading.Thread(target=self._pump, name="stdin", daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[str]:
        while (line := await self._lines.get()) is not None:
            yield line.decode(errors="replace")

    async def write(self, text: str) -> None:
        """Write one message; a reader that is gone is not an error any more."""
        data = text.encode()
        try:
            await asyncio.to_thread(self._write, data)
        except OSError:
            self.broken = True
            self.ended.set()
        self._note(data, incoming=False)

    async def flush(self) -> None:
        """Nothing is held back, so there is nothing to do; the SDK calls it after each message."""

    async def settled(self, patience: float) -> None:
        """Return when every request that came has its answer, or after `patience` seconds."""
        try:
            await asyncio.wait_for(self._settled.wait(), patience)
        except TimeoutError:
            return

    async def close(self) -> None:
        """End the input for the SDK."""
        await self._lines.put(None)

    def _note(self, line: bytes, *, incoming: bool) -> None:
        try:
            seen = msgspec.json.decode(line, type=_Envelope)
        except msgspec.DecodeError:
            return
        if incoming and seen.method is not None and seen.id is not None:
            self._unanswered.add(seen.id)
        elif incoming and seen.method == "notifications/cancelled" and seen.params is not None:
            self._unanswered.discard(seen.params.request_id or "")
        elif not incoming and seen.method is None:
            self._unanswered.discard(seen.id or 0)
        (self._settled.clear if self._unanswered else self._settled.set)()

    def _pump(self) -> None:
        rest = bytearray()
        while chunk := _read(self._input):
            start = 0
            while (end := chunk.find(b"\n", start)) >= 0:
                rest += chunk[start:end]
                self._hand_over(bytes(rest))
                rest.clear()
                start = end + 1
            rest += chunk[start:]
        if rest:
            self._hand_over(bytes(rest))
        self._loop.call_soon_threadsafe(self.ended.set)

    def _hand_over(self, line: bytes) -> None:
        asyncio.run_coroutine_threadsafe(self._accept(line), self._loop).result()

    async def _accept(self, line: bytes) -> None:
        self._note(line, incoming=True)
        await self._lines.put(line)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._output, view) :]


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, CHUNK)
    except OSError:
        return b""


def _claimed() -> tuple[int, int]:
    wire = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return wire
