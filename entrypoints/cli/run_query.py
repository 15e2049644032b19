"""Commands that ask the application one thing and print its answer."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from domain.errors import StudioError
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import running
from entrypoints.cli.generate import command_settings, complain
from entrypoints.wire.error_codes import EXITS

Said = tuple[str, msgspec.Struct]
"""The answer in words, and for programs."""


def said(
    ask: Callable[[Container], Awaitable[Said]], *, as_json: bool, env_file: Path | None
) -> int:
    """Ask the application and print the answer, as text or as JSON; return the exit code."""

    async def asked() -> Said:
        async with running(command_settings(env_file)) as container:
            return await ask(container)

    try:
        text, result = asyncio.run(asked())
    except StudioError as error:
        complain(error, as_json=as_json)
        return EXITS[error.code]
    print(msgspec.json.encode(result).decode() if as_json else text)
    return 0
