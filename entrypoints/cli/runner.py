"""Runs a command inside the application, and prints its answer or its error."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TextIO

from domain.errors import ImageServiceError
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.cli.command_settings import command_settings
from entrypoints.cli.console import print_error, print_json
from entrypoints.config.settings import Settings
from entrypoints.wire.error_codes import EXIT_CODE_BY_CODE
from entrypoints.wire.outputs import to_json

CommandOutput = tuple[str, object] | tuple[str, object, int]
"""The answer in words, and as a value for JSON; then the exit code, unless it is 0."""
NO_OPTIONS: Mapping[str, Any] = {}


def run_query(
    query: Callable[[Container], Awaitable[CommandOutput]],
    *,
    as_json: bool,
    env_file: Path | None,
    auto_provider: str = "auto",
    adapt: Callable[[Settings], Settings] | None = None,
) -> int:
    """Run a query and print its answer; return the exit code.

    `auto_provider` is what PROVIDER=auto means for this query, whether or not a key is set.
    `adapt` changes the settings; it may raise InvalidRequest.
    """
    loaded = command_settings(env_file, auto_provider=auto_provider)

    async def run() -> int:
        settings = adapt(loaded) if adapt else loaded
        async with run_application(settings, door="cli") as container:
            from domain.jobs import LOCAL
            from entrypoints.jobs.image_references import naming_images

            async with naming_images(container, LOCAL):
                text, result, *exit_codes = await query(container)
        if as_json:
            print_json(to_json(result).decode())
        else:
            print(text)
        return exit_codes[0] if exit_codes else 0

    return exit_code(run(), as_json=as_json)


def exit_code(
    work: Coroutine[Any, Any, int],
    options: Mapping[str, Any] = NO_OPTIONS,
    *,
    as_json: bool,
    file: TextIO | None = None,
) -> int:
    """Run a command to its end, print its error if it has one, and return its exit code.

    `file` is where the JSON of an error goes instead of standard output.
    """
    try:
        return asyncio.run(work)
    except ImageServiceError as error:
        print_error(error, options, as_json=as_json, file=file)
        return EXIT_CODE_BY_CODE[error.code]
