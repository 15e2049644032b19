"""Following a job and reporting its progress to a waiting client."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from time import monotonic

from application.jobs.job_handle import JobHandle
from domain.events import Failed, Finished, PartialReady
from domain.results import ImageResult
from entrypoints.wire.progress import TOTAL, describe_event, still_running_text

Report = Callable[[float, float, str], Awaitable[None]]
"""Called with the progress, its total and a message."""
OnPreview = Callable[[PartialReady], Awaitable[None]]
HEARTBEAT_CEILING = 95.0
"""Heartbeats approach this value and never reach it; only the end reports TOTAL."""


class Progress:
    """Strictly increasing progress from 0 to 100 for one caller."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._value = 0.0
        self._started = monotonic()

    async def report(self, value: float, message: str) -> None:
        """Report `value`, or slightly more than the last value if `value` is not above it."""
        if value <= self._value:
            value = self._value + (HEARTBEAT_CEILING - self._value) / 20
        self._value = value
        await self._report(self._value, TOTAL, message)

    async def heartbeat(self, every: float) -> None:
        """Report that the job still runs, now and every `every` seconds, until canceled."""
        while True:
            await self.report(0, still_running_text(monotonic() - self._started))
            await asyncio.sleep(every)

    @contextmanager
    def heartbeats(self, every: float) -> Iterator[None]:
        """Send heartbeats from `every` seconds on. A shorter job costs no task."""
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


async def follow(
    job: JobHandle, report: Report, *, every: float, on_preview: OnPreview | None = None
) -> ImageResult:
    """Wait for the images and call `report` at every step, at least every `every` seconds.

    `on_preview` is called with each preview, after its report. Raises the ImageServiceError that
    the job failed with.
    """
    progress = Progress(report)
    with progress.heartbeats(every):
        async with aclosing(job.events()) as events:
            async for event in events:
                if not isinstance(event, Failed):
                    await progress.report(*describe_event(event, job.job.request))
                if on_preview is not None and isinstance(event, PartialReady):
                    await on_preview(event)
                if isinstance(event, Finished | Failed):
                    return job.outcome(event)
    raise AssertionError("a log ends with Finished or Failed")
