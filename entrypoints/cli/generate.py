"""What the commands do, and how a person at a terminal sees it."""

import asyncio
import json
import os
import signal
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from io import TextIOWrapper
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from application.jobs.job_handle import JobHandle
from domain.errors import ArchiveUnavailable, Canceled, ImageServiceError, InvalidRequest
from domain.requests import ImageRequest
from domain.results import ImageResult
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.cli.model_table import catalog_entries, catalog_table
from entrypoints.config.settings import Settings, load_settings
from entrypoints.requests.follow import follow
from entrypoints.requests.submit import submit
from entrypoints.wire.caller import Caller
from entrypoints.wire.error_codes import EXIT_CODE_BY_CODE, as_dict, error_text
from entrypoints.wire.image_results import structured_report, text_report
from entrypoints.wire.inputs import EditArguments, GenerateArguments
from entrypoints.wire.outputs import to_json
from entrypoints.wire.parsing import parse

CommandOptions = Mapping[str, object]
Start = Callable[[Container], Awaitable[JobHandle]]

PROGRESS_SECONDS = 1.0
"""Seconds between words of progress at a terminal."""
INTERRUPTED_TEXT = (
    "The request was already sent, so the picture may be paid for: waiting for it. "
    "Interrupt again to give it up."
)


def generate(options: CommandOptions, *, as_json: bool, env_file: Path | None) -> int:
    """Run the command `generate`; return the exit code."""

    async def start(container: Container) -> JobHandle:
        return await submit(container, parse(GenerateArguments, options), Caller())

    return _run(start, command_settings(env_file), as_json=as_json)


def edit(options: CommandOptions, *, as_json: bool, env_file: Path | None) -> int:
    """Run the command `edit`; return the exit code."""

    async def start(container: Container) -> JobHandle:
        arguments = parse(EditArguments, _with_files_read(options))
        return await submit(container, arguments, Caller())

    return _run(start, command_settings(env_file), as_json=as_json)


def models(*, as_json: bool, env_file: Path | None) -> int:
    """Run the command `models`; return the exit code. Without a key it lists OpenAI's."""
    settings = command_settings(env_file)
    if settings.provider == "auto":
        settings = settings.model_copy(update={"provider": "openai"})

    async def show() -> None:
        async with run_application(settings) as container:
            models = container.list_models()()
            if as_json:
                print(json.dumps(catalog_entries(models.catalog), indent=2))
            else:
                Console().print(catalog_table(models.catalog, models.today))

    asyncio.run(show())
    return 0


def _run(start: Start, settings: Settings, *, as_json: bool) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, TextIOWrapper
        ):  # a console that lacks a character is no reason to fail
            stream.reconfigure(errors="replace")
    try:
        return asyncio.run(_painted(start, settings, as_json=as_json))
    except ImageServiceError as error:
        print_error(error, as_json=as_json)
        return EXIT_CODE_BY_CODE[error.code]
    except (KeyboardInterrupt, asyncio.CancelledError):
        return EXIT_CODE_BY_CODE[Canceled.code]


async def _painted(start: Start, settings: Settings, *, as_json: bool) -> int:
    _interrupt_on_sigterm()
    async with run_application(settings) as container:
        ticket = await start(container)
        try:
            images, code = await _shown(ticket), 0
        except asyncio.CancelledError:
            print(INTERRUPTED_TEXT, file=sys.stderr)
            images, code = await ticket.result(), EXIT_CODE_BY_CODE[Canceled.code]
        print(_report(images, ticket.job.request, as_json=as_json))
    stored = all(picture.location for picture in images.images)
    return code if stored else EXIT_CODE_BY_CODE[ArchiveUnavailable.code]


async def _shown(ticket: JobHandle) -> ImageResult:
    with _progress_bar() as bar:
        task = bar.add_task("", total=100)

        async def report(value: float, _total: float, words: str) -> None:
            bar.update(task, completed=value, description=words, refresh=True)

        return await follow(ticket, report, every=PROGRESS_SECONDS)


def _interrupt_on_sigterm() -> None:
    task = asyncio.current_task()
    if os.name != "nt" and task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _report(images: ImageResult, request: ImageRequest, *, as_json: bool) -> str:
    facts = structured_report(images)
    return to_json(facts).decode() if as_json else text_report(images, request, facts)


def _progress_bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def print_error(error: ImageServiceError, *, as_json: bool) -> None:
    """Tell what went wrong: people on standard error, programs on standard output."""
    if as_json:
        print(json.dumps({"error": as_dict(error)}))
    else:
        Console(stderr=True, soft_wrap=True).print(error_text(error), style="red", markup=False)


def command_settings(env_file: Path | None) -> Settings:
    """Settings as commands read them: with `.env` of the working directory, and quiet."""
    here = Path(".env")
    settings = load_settings(env_file=env_file or (here if here.is_file() else None))
    if "log_level" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"log_level": "error"})  # what fails is explained anyway


def _with_files_read(options: CommandOptions) -> CommandOptions:
    images, mask = options["images"], options.get("mask")
    assert isinstance(images, tuple)
    return {
        **options,
        "images": [_read(name, "images") for name in images],
        "mask": _read(str(mask), "mask") if mask else None,
    }


def _read(name: str, field: str) -> str:
    if name.startswith("img_") and not Path(name).exists():
        return name
    try:
        return b64encode(Path(name).read_bytes()).decode("ascii")
    except OSError as error:
        raise InvalidRequest(
            f"{name} cannot be read: {error.strerror}.", field=field, hint="Check the path."
        ) from error
