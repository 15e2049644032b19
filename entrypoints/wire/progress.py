"""Follows a job and tells whoever waits about it, in words."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from time import monotonic

from application.jobs.job_handle import JobHandle
from domain.events import (
    CacheFailed,
    Failed,
    Finished,
    JobDispatched,
    JobEvent,
    JobQueued,
    JobStarted,
    PartialReady,
    ServedFromCache,
)
from domain.requests import ImageRequest
from domain.results import ImageResult

Report = Callable[[float, float, str], Awaitable[None]]
TOTAL = 100.0
HEARTBEAT_CEILING = 95.0
"""What heartbeats approach and never reach; only the end is TOTAL."""


class Progress:
    """Strictly increasing progress from 0 to 100 for one caller."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._value = 0.0
        self._started = monotonic()

    async def report(self, value: float, words: str) -> None:
        """Report `value`, or a little more than the last time where that is not more."""
        if value <= self._value:
            value = self._value + (HEARTBEAT_CEILING - self._value) / 20
        self._value = value
        await self._report(self._value, TOTAL, words)

    async def heartbeat(self, every: float) -> None:
        """Say forever that work goes on, now and each `every` seconds."""
        while True:
            seconds = round(monotonic() - self._started)
            await self.report(
                0, f"Still painting after {seconds} s; pictures can take two minutes."
            )
            await asyncio.sleep(every)

    @contextmanager
    def heartbeats(self, every: float) -> Iterator[None]:
        """Beat each `every` seconds; what takes less has no task for it."""
        tasks: list[asyncio.Task[None]] = []

        def begin() -> None:
            task = asyncio.create_task(self.heartbeat(every))
            task.add_done_callback(lambda task: task.cancelled() or task.exception())
            tasks.append(task)

        first = asyncio.get_running_loop().call_later(every, begin)
        try:
            yield
        finally:
            first.cancel()
            for task in tasks:
                task.cancel()


async def follow(ticket: JobHandle, report: Report, *, every: float) -> ImageResult:
    """Wait for the pictures while `report(progress, total, words)` hears of every step.

    At least one report each `every` seconds. Raises the StudioError that the job failed with.
    """
    progress = Progress(report)
    with progress.heartbeats(every):
        async with aclosing(ticket.events()) as events:
            async for event in events:
                if isinstance(event, Failed):
                    raise event.error
                await progress.report(*describe_event(event, ticket.job.request))
                if isinstance(event, Finished):
                    return event.result
    raise AssertionError("a log ends with Finished or Failed")


def describe_event(event: JobEvent, request: ImageRequest) -> tuple[float, str]:
    """How far the job is, 0 to 100, and what that is in words; Failed has words of its own."""
    match event:
        case JobStarted():
            return 1, "The request is checked and about to be sent."
        case ServedFromCache():
            return 50, "An equal request was served before: its answer is here."
        case CacheFailed():
            return 2, "The cache cannot be used; going on without it."
        case JobQueued(ahead=ahead):
            return 3, f"Waiting for a place, behind {_count(ahead, 'other call')}."
        case JobDispatched():
            return 5, f"{request.model} is painting {_count(request.n)}."
        case PartialReady(image_index=picture, index=index):
            share = (index + 1) / (request.partial_images + 1)
            of = f" of picture {picture + 1}" if request.n > 1 else ""
            return 5 + 85 * share, f"Preview {index + 1} of {request.partial_images}{of} is here."
        case Finished(result=images):
            kept = all(picture.location for picture in images.images)
            where = "on disk" if kept else "here, but not stored"
            return TOTAL, f"{_count(len(images.images)).capitalize()} done and {where}."
        case _:
            raise AssertionError(event)


def _count(n: int, what: str = "picture") -> str:
    return f"1 {what}" if n == 1 else f"{n} {what}s"
