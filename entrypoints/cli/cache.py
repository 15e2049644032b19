"""What the commands below `cache` do."""

from pathlib import Path

from entrypoints.bootstrap.container import Container
from entrypoints.cli.run_query import CommandOutput, print_answer
from entrypoints.wire.cache_results import cleared_result, cleared_text, stats_result, stats_text


def stats(*, as_json: bool, env_file: Path | None) -> int:
    """Run the command `cache stats`; return the exit code."""

    async def ask(container: Container) -> CommandOutput:
        tiers = await container.cache_stats()()
        return stats_text(tiers), stats_result(tiers)

    return print_answer(ask, as_json=as_json, env_file=env_file)


def clear(*, as_json: bool, env_file: Path | None) -> int:
    """Run the command `cache clear`; return the exit code."""

    async def ask(container: Container) -> CommandOutput:
        cleared = await container.clear_cache()()
        return cleared_text(cleared), cleared_result(cleared)

    return print_answer(ask, as_json=as_json, env_file=env_file)
