"""Shows the progress of a job: a bar on a terminal, and lines in a log.

Everything goes to standard error.
"""

import sys
from datetime import timedelta
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from application.jobs.job_handle import JobHandle
from domain.events import PartialReady
from domain.results import ImageResult
from entrypoints.bootstrap.container import Container
from entrypoints.cli.delivery import Delivery
from entrypoints.cli.previews import Previews, draw
from entrypoints.cli.terminal_images import TerminalImages
from entrypoints.jobs.follow import follow
from entrypoints.wire.progress import still_running_text

BAR_SECONDS = 1.0
"""Seconds between two steps of the bar."""
LINE_SECONDS = 15.0
"""Seconds between two lines of a log, while nothing happens."""
FIRST_LINE_SECONDS = 2.0
"""A job that is done before that has no lines: its result says it all."""
BAR_WIDTH = 24
MIN_BAR_CONSOLE = 60
"""Columns below which the bar is left out."""


async def follow_job(
    job: JobHandle, container: Container, delivery: Delivery, previews: Previews
) -> ImageResult:
    """Wait for the images and show the progress; raise the error that the job failed with.

    Previews are kept in `previews`, and drawn if the terminal can.
    """
    console = Console(stderr=True)

    async def keep(preview: PartialReady) -> None:
        previews.add(preview)

    if delivery.quiet or (delivery.as_json and not console.is_terminal):
        return await follow(job, _say_nothing, every=LINE_SECONDS, on_preview=keep)
    if not console.is_terminal:
        lines = Lines()
        return await follow(
            job,
            lines.report,
            every=LINE_SECONDS,
            on_preview=keep,
            expect=lambda: container.expect_duration()(job.job),
            say_running=lines.say_running,
        )
    return await _with_bar(job, console, container, delivery, previews)


async def _say_nothing(_value: float, _total: float, _words: str) -> None:
    return


class Lines:
    """Progress as lines, for a log."""

    def __init__(self) -> None:
        self._started = monotonic()
        self._unprinted = ""
        self._has_told_usual = False

    def say_running(self, seconds: float, usual: float | None) -> str:
        """The message of a heartbeat; the usual duration is told once."""
        if usual is None or not self._has_told_usual:
            self._has_told_usual = usual is not None
            return still_running_text(seconds, usual)
        return f"Still generating after {seconds:.0f} s."

    async def report(self, _value: float, _total: float, words: str) -> None:
        """Print the message, unless the job is still young."""
        if monotonic() - self._started < FIRST_LINE_SECONDS:
            self._unprinted = words
            return
        for line in filter(None, (self._unprinted, words)):
            print(line, file=sys.stderr, flush=True)
        self._unprinted = ""


class Clock(ProgressColumn):
    """The elapsed time, and the usual one if the task has it in its field `usual`, in seconds."""

    def render(self, task: Task) -> Text:
        elapsed, usual = task.elapsed or 0, task.fields.get("usual")
        if usual is None:
            return Text(_minutes(elapsed))
        of = " of about" if int(elapsed) <= usual else ", usually"
        return Text(f"{_minutes(elapsed)}{of} {_minutes(usual)}")


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02}"


async def _with_bar(
    job: JobHandle,
    console: Console,
    container: Container,
    delivery: Delivery,
    previews: Previews,
) -> ImageResult:
    terminal = TerminalImages()
    bar = _bar(console)
    with bar:
        task = bar.add_task("", total=100)

        async def report(value: float, _total: float, words: str) -> None:
            bar.update(task, completed=value, description=words, refresh=True)

        async def show(preview: PartialReady) -> None:
            previews.add(preview)
            if not delivery.as_json:
                bar.stop()  # the bar and an image cannot be drawn at the same time
                await draw(preview.image, terminal, container.preview_images())
                bar.start()

        async def expect() -> timedelta | None:
            usual = await container.expect_duration()(job.job)
            if usual is not None:
                bar.update(task, usual=max(1, round(usual.total_seconds())), refresh=True)
            return usual

        return await follow(
            job,
            report,
            every=BAR_SECONDS,
            on_preview=show,
            expect=expect,
            say_running=lambda *_seconds: "Still generating…",  # the clock has the seconds
        )


def _bar(console: Console) -> Progress:
    words = TextColumn(
        "{task.description}",
        markup=False,
        table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
    )
    bar = [BarColumn(BAR_WIDTH)] if console.width >= MIN_BAR_CONSOLE else []
    columns = [SpinnerColumn(), words, *bar, Clock()]
    return Progress(*columns, console=console, transient=True, expand=True)
