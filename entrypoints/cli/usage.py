"""What the command `usage` does."""

from pathlib import Path

from entrypoints.bootstrap.container import Container
from entrypoints.cli.run_query import Said, said
from entrypoints.wire.usage_results import usage_result, usage_text


def usage(*, days: int, as_json: bool, env_file: Path | None) -> int:
    """Run the command `usage`; return the exit code."""

    async def ask(container: Container) -> Said:
        await container.journal().recover()  # what a killed process had reserved was not spent
        told = await container.show_usage()(days)
        return usage_text(told), usage_result(told)

    return said(ask, as_json=as_json, env_file=env_file)
