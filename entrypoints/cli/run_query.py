"""Commands that ask the application one thing and print its answer."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from domain.errors import ImageServiceError
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.cli.generate import command_settings, print_error
from entrypoints.wire.error_codes import EXIT_CODE_BY_CODE

CommandOutput = tuple[str, msgspec.Struct]
"""The answer in words, and for programs."""


def print_answer(
    ask: Callable[[Container], Awaitable[CommandOutput]], *, as_json: bool, env_file: Path | None
) -> int:
    """Ask the application and print the answer, as text or as JSON; return the exit code."""

    async def asked() -> CommandOutput:
        async with run_application(command_settings(env_file)) as container:
            return await ask(container)

    try:
        text, result = asyncio.run(asked())
    except ImageServiceError as error:
        print_error(error, as_json=as_json)
        return EXIT_CODE_BY_CODE[error.code]
    print(msgspec.json.encode(result).decode() if as_json else text)
    return 0
