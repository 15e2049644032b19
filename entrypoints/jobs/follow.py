"""Following a job and reporting its progress to a waiting client."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager
from datetime import timedelta
from time import monotonic
from typing import Any

from application.jobs.job_handle import JobHandle
from domain.events import Failed, Finished, JobDispatched, PartialReady
from domain.results import ImageResult
from entrypoints.wire.progress import TOTAL, describe_event, still_running_text

Report = Callable[[float, float, str], Awaitable[None]]
"""Called with the progress, its total and a message."""
OnPreview = Callable[[PartialReady], Awaitable[None]]
Expect = Callable[[], Awaitable[timedelta | None]]
"""Looks up how long the job usually takes; None if that is unknown."""
SayRunning = Callable[[float, float | None], str]
"""The message of a heartbeat: after how many seconds, and how many are usual, if that is known."""
HEARTBEAT_CEILING = 95.0
"""Heartbeats approach this value and never reach it; only the end reports TOTAL."""
HEARTBEAT_STEP = 1 / 20
"""The share of the way to that value that a heartbeat adds if the usual duration is unknown."""
SMALL_STEP = 1 / 500
"""The share that it adds if the job is ahead of its usual duration, or takes longer."""
USUAL_END = 90.0
"""The progress of a job that has taken as long as usual."""


class Progress:
    """Strictly increasing progress from 0 to 100 for one caller."""

    def __init__(self, report: Report, say_running: SayRunning = still_running_text) -> None:
        self._report = report
        self._say_running = say_running
        self._value = 0.0
        self._started = monotonic()
        self._tasks: list[asyncio.Task[None]] = []
        self._usual: float | None = None

    async def report(self, value: float, message: str) -> None:
        """Report `value`, or slightly more than the last value if `value` is not above it."""
        if value <= self._value:
            step = SMALL_STEP if self._usual else HEARTBEAT_STEP
            value = self._value + (HEARTBEAT_CEILING - self._value) * step
        self._value = value
        await self._report(self._value, TOTAL, message)

    async def heartbeat(self, every: float) -> None:
        """Report that the job still runs, now and every `every` seconds, until canceled."""
        while True:
            await self.beat()
            await asyncio.sleep(every)

    async def beat(self) -> None:
        """Report that the job still runs."""
        elapsed = monotonic() - self._started
        value = min(1, elapsed / self._usual) * USUAL_END if self._usual else 0
        await self.report(value, self._say_running(elapsed, self._usual))

    def look_up(self, expect: Expect) -> None:
        """Begin to look up how long the job usually takes; heartbeats tell it from then on."""

        async def remember() -> None:
            usual = await expect()
            self._usual = None if usual is None else max(1.0, usual.total_seconds())

        self._start(remember())

    @contextmanager
    def heartbeats(self, every: float) -> Iterator[None]:
        """Send heartbeats from `every` seconds on. A shorter job costs no task."""
        first = asyncio.get_running_loop().call_later(
            every, lambda: self._start(self.heartbeat(every))
        )
        try:
            yield
        finally:
            first.cancel()
            for task in self._tasks:
                task.cancel()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._tasks.append(task)


async def follow(
    job: JobHandle,
    report: Report,
    *,
    every: float,
    on_preview: OnPreview | None = None,
    expect: Expect | None = None,
    say_running: SayRunning = still_running_text,
) -> ImageResult:
    """Wait for the images and call `report` at every step, at least every `every` seconds.

    `on_preview` is called with each preview, after its report. `expect` is called once the request
    is being sent, so that it delays nothing; if it fails, nothing is expected. Raises the
    ImageServiceError that the job failed with.
    """
    progress = Progress(report, say_running)
    with progress.heartbeats(every):
        async with aclosing(job.events()) as events:
            async for event in events:
                if not isinstance(event, Failed):
                    await progress.report(*describe_event(event, job.job.request))
                if isinstance(event, JobDispatched) and expect is not None:
                    progress.look_up(expect)
                if on_preview is not None and isinstance(event, PartialReady):
                    await on_preview(event)
                if isinstance(event, Finished | Failed):
                    return job.outcome(event)
    raise AssertionError("a log ends with Finished or Failed")
