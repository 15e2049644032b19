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

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from application.jobs.job_handle import Ticket
from domain.errors import ArchiveUnavailable, Canceled, InvalidRequest, StudioError
from domain.requests import PictureRequest
from domain.results import ImageSet
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import running
from entrypoints.cli.model_table import catalog_entries, catalog_table
from entrypoints.config.settings import Settings, load_settings
from entrypoints.wire.caller import Caller
from entrypoints.wire.error_codes import EXITS, as_dict, explained
from entrypoints.wire.image_requests import edit_image, generate_image
from entrypoints.wire.image_results import structured_report, text_report
from entrypoints.wire.outputs import Shown
from entrypoints.wire.progress import followed

Options = Mapping[str, object]
Start = Callable[[Container], Awaitable[Ticket]]

TICK = 1.0
"""Seconds between words of progress at a terminal."""
INTERRUPTED = (
    "The request was already sent, so the picture may be paid for: waiting for it. "
    "Interrupt again to give it up."
)


def generate(options: Options, *, as_json: bool, env_file: Path | None) -> int:
    """Run the command `generate`; return the exit code."""

    async def start(container: Container) -> Ticket:
        return await generate_image(container, options, Caller())

    return _run(start, command_settings(env_file), as_json=as_json)


def edit(options: Options, *, as_json: bool, env_file: Path | None) -> int:
    """Run the command `edit`; return the exit code."""

    async def start(container: Container) -> Ticket:
        return await edit_image(container, _with_files_read(options), Caller())

    return _run(start, command_settings(env_file), as_json=as_json)


def models(*, as_json: bool, env_file: Path | None) -> int:
    """Run the command `models`; return the exit code. Without a key it lists OpenAI's."""
    settings = command_settings(env_file)
    if settings.provider == "auto":
        settings = settings.model_copy(update={"provider": "openai"})

    async def show() -> None:
        async with running(settings) as container:
            catalog = container.provider().catalog
            if as_json:
                print(json.dumps(catalog_entries(catalog), indent=2))
            else:
                today = container.clock().now().date()
                Console().print(catalog_table(catalog, today))

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
    except StudioError as error:
        complain(error, as_json=as_json)
        return EXITS[error.code]
    except (KeyboardInterrupt, asyncio.CancelledError):
        return EXITS[Canceled.code]


async def _painted(start: Start, settings: Settings, *, as_json: bool) -> int:
    _interrupted_by_sigterm_too()
    async with running(settings) as container:
        ticket = await start(container)
        try:
            images, code = await _shown(ticket), 0
        except asyncio.CancelledError:
            print(INTERRUPTED, file=sys.stderr)
            images, code = await ticket.result(), EXITS[Canceled.code]
        print(_report(images, ticket.job.request, as_json=as_json))
    stored = all(picture.place for picture in images.pictures)
    return code if stored else EXITS[ArchiveUnavailable.code]


async def _shown(ticket: Ticket) -> ImageSet:
    with _progress_bar() as bar:
        task = bar.add_task("", total=100)

        async def report(value: float, _total: float, words: str) -> None:
            bar.update(task, completed=value, description=words, refresh=True)

        return await followed(ticket, report, every=TICK)


def _interrupted_by_sigterm_too() -> None:
    task = asyncio.current_task()
    if os.name != "nt" and task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _report(images: ImageSet, request: PictureRequest, *, as_json: bool) -> str:
    shown: list[Shown] = ["full"] * len(images.pictures)
    if as_json:
        return msgspec.json.encode(structured_report(images, shown)).decode()
    return text_report(images, request, shown)


def _progress_bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def complain(error: StudioError, *, as_json: bool) -> None:
    """Tell what went wrong: people on standard error, programs on standard output."""
    if as_json:
        print(json.dumps({"error": as_dict(error)}))
    else:
        Console(stderr=True, soft_wrap=True).print(explained(error), style="red", markup=False)


def command_settings(env_file: Path | None) -> Settings:
    """Settings as commands read them: with `.env` of the working directory, and quiet."""
    here = Path(".env")
    settings = load_settings(env_file=env_file or (here if here.is_file() else None))
    if "log_level" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"log_level": "error"})  # what fails is explained anyway


def _with_files_read(options: Options) -> Options:
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
