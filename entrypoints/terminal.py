"""What the commands do, and how a person at a terminal sees it."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from application.running_jobs import RunningJob
from domain.errors import Canceled, InvalidRequest, StudioError
from domain.jobs import LOCAL
from entrypoints.arguments import edit_request, validated
from entrypoints.catalog_table import catalog_entries, catalog_table
from entrypoints.container import Container, running
from entrypoints.following import followed
from entrypoints.problems import EXIT_CODES, as_dict, explained
from entrypoints.reports import structured_report, text_report
from entrypoints.result_schemas import Shown
from entrypoints.schemas import EditArguments, GenerateArguments
from entrypoints.settings import Settings, load_settings

Options = Mapping[str, object]
Start = Callable[[Container], Awaitable[RunningJob]]

TICK = 1.0
"""Seconds between words of progress at a terminal."""
AFTER_DISPATCH = (
    "Interrupted. If the request was already sent, the picture is awaited and stored; "
    "interrupt again to give it up."
)


def generate(options: Options, *, as_json: bool, env_file: Path | None) -> int:
    """Run the command `generate`; return the exit code."""

    async def start(container: Container) -> RunningJob:
        wanted = validated(GenerateArguments, options)
        return await container.generate_image()(wanted.to_request(), fresh=wanted.fresh)

    return _run(start, _settings(env_file), as_json=as_json)


def edit(options: Options, *, as_json: bool, env_file: Path | None) -> int:
    """Run the command `edit`; return the exit code."""

    async def start(container: Container) -> RunningJob:
        wanted = validated(EditArguments, _with_files_read(options))
        request = await edit_request(wanted, container.find_picture(), LOCAL)
        return await container.edit_image()(request, fresh=wanted.fresh)

    return _run(start, _settings(env_file), as_json=as_json)


def models(*, as_json: bool, env_file: Path | None) -> int:
    """Run the command `models`; return the exit code. Without a key it lists OpenAI's."""
    settings = _settings(env_file)
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
    try:
        print(asyncio.run(_painted(start, settings, as_json=as_json)))
    except StudioError as error:
        _complain(error, as_json=as_json)
        return EXIT_CODES[type(error)]
    except KeyboardInterrupt:
        return EXIT_CODES[Canceled]
    return 0


async def _painted(start: Start, settings: Settings, *, as_json: bool) -> str:
    async with running(settings) as container:
        job = await start(container)
        with _progress_bar() as bar:
            task = bar.add_task("", total=100)

            async def report(value: float, _total: float, words: str) -> None:
                bar.update(task, completed=value, description=words, refresh=True)

            try:
                images = await followed(job, report, every=TICK)
            except asyncio.CancelledError:
                bar.console.print(AFTER_DISPATCH)
                raise
    shown: list[Shown] = ["full"] * len(images.pictures)
    if as_json:
        return msgspec.json.encode(structured_report(images, shown)).decode()
    return text_report(images, job.job.request, shown)


def _progress_bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _complain(error: StudioError, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": as_dict(error)}))
    else:
        Console(stderr=True, soft_wrap=True).print(explained(error), style="red", markup=False)


def _settings(env_file: Path | None) -> Settings:
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
