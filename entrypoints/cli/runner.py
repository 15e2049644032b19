"""Runs a command inside the application, and shows its progress, its result or its error."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from application.jobs.job_handle import JobHandle
from domain.errors import ArchiveUnavailable, Canceled, ImageServiceError
from domain.requests import ImageRequest
from domain.results import ImageResult
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.settings import Settings, load_settings
from entrypoints.requests.follow import follow
from entrypoints.wire.error_codes import EXIT_CODE_BY_CODE, as_dict, error_text
from entrypoints.wire.image_results import structured_report, text_report
from entrypoints.wire.outputs import to_json

CommandOutput = tuple[str, object]
"""The answer in words, and as a value for JSON."""

PROGRESS_SECONDS = 1.0
"""Seconds between progress reports at a terminal."""
CANCELED = EXIT_CODE_BY_CODE[Canceled.code]
INTERRUPTED_TEXT = (
    "The request was already sent, so the picture may be paid for: waiting for it. "
    "Interrupt again to give it up."
)


def run_query(
    query: Callable[[Container], Awaitable[CommandOutput]],
    *,
    as_json: bool,
    env_file: Path | None,
    auto_provider: str = "auto",
) -> int:
    """Run a query and print its answer; return the exit code.

    `auto_provider` is what PROVIDER=auto means for this query, whether or not a key is set.
    """
    settings = _settings(env_file)
    if settings.provider == "auto":
        settings = settings.model_copy(update={"provider": auto_provider})

    async def run() -> int:
        async with run_application(settings) as container:
            text, result = await query(container)
        print(to_json(result).decode() if as_json else text)
        return 0

    return _exit_code(run(), as_json=as_json)


def run_job(
    start: Callable[[Container], Awaitable[JobHandle]], *, as_json: bool, env_file: Path | None
) -> int:
    """Start a job, show its progress and print its result; return the exit code.

    After the request was sent, the first interrupt still waits for the image; the second does not.
    """

    async def run() -> int:
        _interrupt_on_sigterm()
        async with run_application(_settings(env_file)) as container:
            job = await start(container)
            try:
                images, code = await _show_progress(job), 0
            except asyncio.CancelledError:
                print(INTERRUPTED_TEXT, file=sys.stderr)
                images, code = await job.result(), CANCELED
            print(_report(images, job.job.request, as_json=as_json))
        stored = all(image.stored for image in images.images)
        return code if stored else EXIT_CODE_BY_CODE[ArchiveUnavailable.code]

    try:
        return _exit_code(run(), as_json=as_json)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return CANCELED


def _settings(env_file: Path | None) -> Settings:
    """Settings as commands read them: with `.env` of the working directory, and quiet."""
    here = Path(".env")
    settings = load_settings(env_file=env_file or (here if here.is_file() else None))
    if "log_level" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"log_level": "error"})  # the command explains its failures


def _exit_code(work: Coroutine[Any, Any, int], *, as_json: bool) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console may lack a character
    try:
        return asyncio.run(work)
    except ImageServiceError as error:
        _print_error(error, as_json=as_json)
        return EXIT_CODE_BY_CODE[error.code]


def _print_error(error: ImageServiceError, *, as_json: bool) -> None:
    """Print what went wrong: for people on standard error, for programs on standard output."""
    if as_json:
        print(json.dumps({"error": as_dict(error)}))
    else:
        Console(stderr=True, soft_wrap=True).print(error_text(error), style="red", markup=False)


async def _show_progress(job: JobHandle) -> ImageResult:
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=100)

        async def report(value: float, _total: float, words: str) -> None:
            bar.update(task, completed=value, description=words, refresh=True)

        return await follow(job, report, every=PROGRESS_SECONDS)


def _interrupt_on_sigterm() -> None:
    task = asyncio.current_task()
    if os.name != "nt" and task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _report(images: ImageResult, request: ImageRequest, *, as_json: bool) -> str:
    facts = structured_report(images)
    return to_json(facts).decode() if as_json else text_report(images, request, facts)
