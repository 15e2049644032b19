"""Following a job and reporting its progress to a waiting client."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from time import monotonic

from application.jobs.job_handle import JobHandle
from domain.events import Failed, Finished
from domain.results import ImageResult
from entrypoints.wire.progress import TOTAL, describe_event

Report = Callable[[float, float, str], Awaitable[None]]
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
