"""Safeguard: no more calls at once than the provider, the memory and the network bear."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import TypeVar

from application.ports.image_provider import ImageProvider, ProviderStream, Queued
from application.safeguards.safeguard import Safeguard
from domain.errors import Busy
from domain.jobs import Job
from domain.requests import ImageRequest

R = TypeVar("R", bound=ImageRequest)

RETRY_AFTER_SECONDS = 30.0
"""Seconds after which one who was sent away may hope for a place: about what one picture takes."""


class ConcurrencyLimit(Safeguard):
    """Lets `most` jobs paint at once; up to `waiting` more wait their turn, in their order.

    A job that waits says Queued first. Raises Busy when nobody may wait any more.
    """

    def __init__(self, inner: ImageProvider, most: int, waiting: int) -> None:
        super().__init__(inner)
        self._room = asyncio.Semaphore(most)
        self._most_waiting = waiting
        self._waiting = 0

    async def wrap(self, job: Job[R], paint: Callable[[Job[R]], ProviderStream]) -> ProviderStream:
        queued = self._room.locked()
        if queued and self._waiting >= self._most_waiting:
            raise Busy(
                f"{self._waiting} calls are waiting already, which is all that may.",
                retry_after=RETRY_AFTER_SECONDS,
            )
        self._waiting += 1
        try:
            if queued:
                yield Queued(ahead=self._waiting - 1)
            await self._room.acquire()
        finally:
            self._waiting -= 1
        try:
            async with aclosing(paint(job)) as painting:
                async for event in painting:
                    yield event
        finally:
            self._room.release()
