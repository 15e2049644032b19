"""The one writer of a WebSocket: whole messages, in order, as fast as the client reads."""

import asyncio
from contextlib import suppress

from starlette.types import Send

from entrypoints.http.websocket.server_messages import Outgoing


class Delivery:
    """One message on its way. Canceling `sent` before it has `begun` withdraws the message."""

    def __init__(self, message: Outgoing) -> None:
        self.message = message
        self.begun = False
        self.sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class MessageWriter:
    """Sends messages one after the other; an image follows its header at once.

    A sender waits until its message is sent before it makes the next one, so a slow client
    slows down what it asked for, and nothing else.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: asyncio.Queue[Delivery] = asyncio.Queue()
        self._unsent = 0

    @property
    def is_empty(self) -> bool:
        """Whether everything has been sent."""
        return self._unsent == 0

    def add(self, message: Outgoing) -> Delivery:
        """Send the message after all earlier ones."""
        delivery = Delivery(message)
        self._unsent += 1
        self._waiting.put_nowait(delivery)
        return delivery

    async def run(self) -> None:
        """Send what is added until the client disconnects, or the task is canceled."""
        with suppress(OSError):  # how an ASGI server reports a client that has disconnected
            while True:
                delivery = await self._waiting.get()
                if not delivery.sent.cancelled():
                    await self._deliver(delivery)
                self._unsent -= 1

    async def _deliver(self, delivery: Delivery) -> None:
        delivery.begun = True
        header, image, _ = delivery.message
        await self._send({"type": "websocket.send", "text": header})
        if image is not None:
            await self._send({"type": "websocket.send", "bytes": image})
        if not delivery.sent.done():
            delivery.sent.set_result(None)
