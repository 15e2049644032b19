"""Shows the progress of a job: a bar on a terminal, and lines in a log.

Everything goes to standard error.
"""

import sys
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
        return await follow(job, Lines().report, every=LINE_SECONDS, on_preview=keep)
    return await _with_bar(job, console, container, delivery, previews)


async def _say_nothing(_value: float, _total: float, _words: str) -> None:
    return


class Lines:
    """Progress as lines, for a log."""

    def __init__(self) -> None:
        self._started = monotonic()
        self._unprinted = ""

    async def report(self, _value: float, _total: float, words: str) -> None:
        """Print the message, unless the job is still young."""
        if monotonic() - self._started < FIRST_LINE_SECONDS:
            self._unprinted = words
            return
        for line in filter(None, (self._unprinted, words)):
            print(line, file=sys.stderr, flush=True)
        self._unprinted = ""


class Clock(ProgressColumn):
    """The elapsed time."""

    def render(self, task: Task) -> Text:
        return Text(_minutes(task.elapsed or 0))


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

        return await follow(job, report, every=BAR_SECONDS, on_preview=show)


def _bar(console: Console) -> Progress:
    words = TextColumn(
        "{task.description}",
        markup=False,
        table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
    )
    bar = [BarColumn(BAR_WIDTH)] if console.width >= MIN_BAR_CONSOLE else []
    columns = [SpinnerColumn(), words, *bar, Clock()]
    return Progress(*columns, console=console, transient=True, expand=True)
