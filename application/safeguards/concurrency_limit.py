"""Safeguard: limits concurrent calls to what the provider, memory and network can handle."""

import asyncio
from contextlib import aclosing

from application.ports.image_provider import ImageProvider, ProviderStream
from application.safeguards.safeguard import CallNext, R, Safeguard
from domain.errors import QueueFull
from domain.events import JobQueued
from domain.jobs import Job
from domain.requests import ImageRequest

RETRY_AFTER_SECONDS = 30.0
"""Seconds after which a slot may be free: about the time that one image takes."""


class ConcurrencyLimit(Safeguard):
    """Runs up to `max_running` jobs at once, and queues up to `max_waiting` more in order.

    A job that waits yields JobQueued first. Raises QueueFull when the queue is full. Resumed jobs
    have as many slots of their own: work that the provider does not end holds up no new call.
    """

    def __init__(self, inner: ImageProvider, max_running: int, max_waiting: int) -> None:
        super().__init__(inner)
        self._slots = asyncio.Semaphore(max_running)
        self._reading_slots = asyncio.Semaphore(max_running)
        self._max_waiting = max_waiting
        self._waiting = 0

    async def wrap(self, job: Job[R], call_next: CallNext[R], /) -> ProviderStream:
        queued = self._slots.locked()
        if queued and self._waiting >= self._max_waiting:
            raise QueueFull(
                f"The queue is full: {self._waiting} calls are waiting already.",
                retry_after=RETRY_AFTER_SECONDS,
            )
        self._waiting += 1
        try:
            if queued:
                yield JobQueued(job_id=job.id, ahead=self._waiting - 1)
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            async with aclosing(call_next(job)) as stream:
                async for event in stream:
                    yield event
        finally:
            self._slots.release()

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        async with self._reading_slots, aclosing(self.resume_inner(job, handle)) as stream:
            async for event in stream:
                yield event
