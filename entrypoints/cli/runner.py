"""Runs a command inside the application, and shows its progress, its result or its error."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from application.jobs.job_handle import JobHandle
from domain.counts import count
from domain.errors import ArchiveUnavailable, Canceled, ImageServiceError, InvalidRequest
from domain.results import ImageResult
from domain.untrusted_text import several_lines
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.cli.options import option_for
from entrypoints.config.settings import Settings, load_settings
from entrypoints.jobs.follow import follow
from entrypoints.wire.error_codes import EXIT_CODE_BY_CODE, as_dict, error_text
from entrypoints.wire.image_results import Hints, structured_report, text_report
from entrypoints.wire.outputs import to_json

CommandOutput = tuple[str, object]
"""The answer in words, and as a value for JSON."""

PROGRESS_SECONDS = 1.0
"""Seconds between progress reports at a terminal."""
NO_OPTIONS: Mapping[str, Any] = {}
CANCELED = EXIT_CODE_BY_CODE[Canceled.code]
INTERRUPTED_TEXT = (
    "The request was already sent and may be billed. Waiting for it; "
    "press Ctrl-C again to abandon it."
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
    start: Callable[..., Awaitable[JobHandle]],
    options: Mapping[str, Any],
    *,
    as_json: bool,
    env_file: Path | None,
) -> int:
    """Start a job, show its progress and print its result; return the exit code.

    After the request was sent, the first interrupt still waits for the image; the second does not.
    """

    async def run() -> int:
        _interrupt_on_sigterm()
        async with run_application(_settings(env_file)) as container:
            job = await start(container, **options)
            try:
                images, code = await _show_progress(job), 0
            except asyncio.CancelledError:
                print(INTERRUPTED_TEXT, file=sys.stderr)
                images, code = await job.result(), CANCELED
            can_edit = container.list_models()().can_edit
            print(_report(images, can_edit=can_edit, as_json=as_json))
        stored = all(image.stored for image in images.images)
        return code if stored else EXIT_CODE_BY_CODE[ArchiveUnavailable.code]

    try:
        return _exit_code(run(), options, as_json=as_json)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return CANCELED


def _settings(env_file: Path | None) -> Settings:
    """Settings as commands read them: with `.env` of the working directory, and quiet."""
    here = Path(".env")
    settings = load_settings(env_file=env_file or (here if here.is_file() else None))
    if "log_level" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"log_level": "error"})  # the command explains its failures


def _exit_code(
    work: Coroutine[Any, Any, int], options: Mapping[str, Any] = NO_OPTIONS, *, as_json: bool
) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console may lack a character
    try:
        return asyncio.run(work)
    except ImageServiceError as error:
        _print_error(error, options, as_json=as_json)
        return EXIT_CODE_BY_CODE[error.code]


def _print_error(error: ImageServiceError, options: Mapping[str, Any], *, as_json: bool) -> None:
    """Print an error: for people on standard error, for programs on standard output."""
    if as_json:
        print(json.dumps({"error": as_dict(error)}))
        return
    if isinstance(error, InvalidRequest):
        error = _with_options(error, options)
    text = several_lines(error_text(error, field_label="option"))
    # The text is no markup; Rich's highlighter would take minutes for a word of 100,000 letters.
    console = Console(stderr=True, soft_wrap=True, markup=False, emoji=False, highlight=False)
    console.print(text, style="red")


def _with_options(error: InvalidRequest, options: Mapping[str, Any]) -> InvalidRequest:
    """The same error, with options instead of fields in each of its faults."""
    faults = [
        InvalidRequest(fault.message, field=fault.field, hint=fault.hint) for fault in error.faults
    ]
    for fault in faults:
        _name_option(fault, options)
    named = InvalidRequest.of(faults)
    named.code = error.code
    return named


def _name_option(error: InvalidRequest, options: Mapping[str, Any]) -> None:
    """Replace the field that the error names by its option, or by the file that was typed.

    A hint names the field before a value in quotes, as in `format "png"`.
    """
    field, option = error.field, option_for(error.field)
    files = {f"images[{at}]": name for at, name in enumerate(options.get("images", ()))}
    subject = files.get(field, option)
    error.message = re.sub(rf"^{re.escape(field)}(?=[ :])", lambda _: subject, error.message)
    error.hint = re.sub(rf'\b{re.escape(field)}(?= ")', lambda _: option, error.hint)
    error.field = option


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


def _report(images: ImageResult, *, can_edit: bool, as_json: bool) -> str:
    facts = structured_report(images)
    if as_json:
        return to_json(facts).decode()
    verb = "Reused" if images.is_cached else "Created"
    edit = f"To edit an image, run: gpt-image edit PROMPT -i {images.images[0].id}"
    hints = Hints(new_image="For a new image, add --fresh.", edit=edit if can_edit else "")
    first_line = f"{verb} {count(len(images.images), 'image')}."
    return several_lines(text_report(first_line, images, facts, hints))
