"""What the commands below `cache` do."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from domain.errors import StudioError
from entrypoints.cache_reports import cleared_result, cleared_text, stats_result, stats_text
from entrypoints.container import Container
from entrypoints.lifecycle import running
from entrypoints.problems import EXITS
from entrypoints.terminal import command_settings, complain

Said = tuple[str, msgspec.Struct]


def stats(*, as_json: bool, env_file: Path | None) -> int:
    """Run the command `cache stats`; return the exit code."""

    async def ask(container: Container) -> Said:
        tiers = await container.cache_stats()()
        return stats_text(tiers), stats_result(tiers)

    return _run(ask, as_json=as_json, env_file=env_file)


def clear(*, as_json: bool, env_file: Path | None) -> int:
    """Run the command `cache clear`; return the exit code."""

    async def ask(container: Container) -> Said:
        cleared = await container.clear_cache()()
        return cleared_text(cleared), cleared_result(cleared)

    return _run(ask, as_json=as_json, env_file=env_file)


def _run(
    ask: Callable[[Container], Awaitable[Said]], *, as_json: bool, env_file: Path | None
) -> int:
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
