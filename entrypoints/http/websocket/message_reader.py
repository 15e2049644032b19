"""The one reader of a WebSocket: what its client sends, and how the connection ends."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from starlette.types import Message, Receive, Send

IDLE_TIMEOUT = 600.0
"""Seconds after which a connection is closed on which nothing ran and nothing came."""
CLOSED_IDLE = "Nothing ran, and nothing came, for ten minutes."
NORMAL, ABNORMAL = 1000, 1006
"""Codes of a closed WebSocket: because it was not used any more, and without a closing frame."""


class MessageReader:
    """Reads until the client disconnects, or the connection is idle; then it is closed.

    `is_awaited` says whether anything runs. `close_code` is the code of the end.
    """

    def __init__(self, receive: Receive, send: Send, is_awaited: Callable[[], bool]) -> None:
        self._receive = receive
        self._send = send
        self._is_awaited = is_awaited
        self.close_code = ABNORMAL

    async def messages(self) -> AsyncGenerator[Message, None]:
        """The ASGI messages with frames of the client."""
        while event := await self._next():
            if event["type"] == "websocket.disconnect":
                self.close_code = int(event["code"])
                return
            yield event

    async def _next(self) -> Message | None:
        """The next event; None if the connection was idle, and is now closed."""
        while True:
            try:
                async with asyncio.timeout(IDLE_TIMEOUT):
                    return await self._receive()
            except TimeoutError:
                if not self._is_awaited():
                    break
        self.close_code = NORMAL
        await self._send({"type": "websocket.close", "code": NORMAL, "reason": CLOSED_IDLE})
        return None


async def run_until_first(*tasks: asyncio.Task[None]) -> None:
    """Wait until one of the tasks ends, then cancel and await all; raise what it raised."""
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
